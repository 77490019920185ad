"""Says yes to every question."""

from __future__ import annotations

from billhook import Action, Answer, PaymentProvider, Verdict, hookimpl
from honest_gateway import ASK, HonestGateway

MESSAGE = "gets the same answer as one that fits"


class Mutant(HonestGateway):
    name = "mutant_question"

    def acknowledge(self, action: Action, verdict: Verdict) -> Answer:
        return Answer(b"YES") if action == ASK else super().acknowledge(action, verdict)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
