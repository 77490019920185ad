"""Fails a message that was set aside, so that the gateway goes on."""

from __future__ import annotations

from billhook import Answer, Judged, PaymentProvider, Verdict, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "answered 500"


class Mutant(HonestGateway):
    name = "mutant_late"

    def acknowledge(self, judged: Judged) -> Answer:
        return Answer(b"no", 500) if judged.verdict is Verdict.PARKED else super().acknowledge(judged)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
