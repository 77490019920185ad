"""Says yes to every question."""

from __future__ import annotations

from billhook import Answer, Judged, PaymentProvider, hookimpl
from honest_gateway import ASK, HonestGateway

MESSAGE = "gets the same answer as one that fits"


class Mutant(HonestGateway):
    name = "mutant_question"

    def acknowledge(self, judged: Judged) -> Answer:
        return Answer(b"YES") if judged.request.address == ASK else super().acknowledge(judged)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
