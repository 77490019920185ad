"""Reaches for the host's tables inside of a method."""

from __future__ import annotations

from billhook import Answer, Judged, PaymentProvider, Verdict, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it uses host_stub.persistence.Payment, the host's own code"


class Mutant(HonestGateway):
    name = "mutant_only_the_contract"

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.verdict is Verdict.PARKED and judged.request.address == "never":
            from host_stub.persistence import Payment

            assert Payment
        return super().acknowledge(judged)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
