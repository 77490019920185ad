"""Refuses a repetition, so that the gateway goes on."""

from __future__ import annotations

from billhook import Answer, Judged, PaymentProvider, Verdict, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the second answer differs"


class Mutant(HonestGateway):
    name = "mutant_replay"

    def acknowledge(self, judged: Judged) -> Answer:
        return Answer(b"seen", 409) if judged.verdict is Verdict.DUPLICATE else super().acknowledge(judged)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
