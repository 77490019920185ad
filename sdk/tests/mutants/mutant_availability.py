"""Refuses small sums without a word."""

from __future__ import annotations

from billhook import Availability, Available, MethodView, PaymentProvider, PaymentView, Unavailable, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the reason is '', no text"


class Mutant(HonestGateway):
    name = "mutant_availability"

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        return Unavailable("") if payment.amount.minor == 1 else Available()


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
