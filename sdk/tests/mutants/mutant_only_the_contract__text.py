"""Imports the host by its name as text."""

from __future__ import annotations

import importlib

from billhook import Answer, Judged, PaymentProvider, Verdict, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it uses host_stub.services.money_in.payments, the host's own code"


class Mutant(HonestGateway):
    name = "mutant_only_the_contract__text"

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.verdict is Verdict.PARKED and judged.request.address == "never":
            importlib.import_module("host_stub.services.money_in.payments")
        return super().acknowledge(judged)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
