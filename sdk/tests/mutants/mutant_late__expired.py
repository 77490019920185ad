"""Has no word for money that comes late."""

from __future__ import annotations

from billhook import Answer, Judged, PaymentProvider, Verdict, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "answered 503"


class Mutant(HonestGateway):
    name = "mutant_late__expired"

    def acknowledge(self, judged: Judged) -> Answer:
        return {Verdict.PARKED: None}.get(judged.verdict, super().acknowledge(judged))  # type: ignore[return-value]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
