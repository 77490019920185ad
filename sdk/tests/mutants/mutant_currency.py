"""Takes every currency for roubles."""

from __future__ import annotations

from billhook import Money, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "instead of RUB was credited"


class Mutant(HonestGateway):
    name = "mutant_currency"

    def amount(self, request: RawRequest) -> Money:
        return Money(super().amount(request).minor, "RUB")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
