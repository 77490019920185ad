"""Answers with a bool."""

from __future__ import annotations

from billhook import Availability, MethodView, PaymentProvider, PaymentView, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it answers True"


class Mutant(HonestGateway):
    name = "mutant_availability"

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        return True  # type: ignore[return-value]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
