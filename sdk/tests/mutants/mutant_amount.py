"""Drops the kopecks."""

from __future__ import annotations

from billhook import Money, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "a well-signed message over 500001 instead of 500000 minor units was credited"


class Mutant(HonestGateway):
    name = "mutant_amount"

    def amount(self, request: RawRequest) -> Money:
        exact = super().amount(request)
        return Money(exact.minor - exact.minor % 100, exact.currency)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
