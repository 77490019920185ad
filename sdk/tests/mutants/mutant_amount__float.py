"""Counts with floats: 1234.35 times 100 is a little less than 123435."""

from __future__ import annotations

from billhook import Money, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "a well-signed message over 1234.35, as ordered, was not credited"


class Mutant(HonestGateway):
    name = "mutant_amount__float"

    def amount(self, request: RawRequest) -> Money:
        exact = super().amount(request)
        return Money(int(float(exact.plain()) * 100), exact.currency)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
