"""Takes roubles for kopecks."""

from __future__ import annotations

from billhook import Money, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "credited was nothing"


class Mutant(HonestGateway):
    name = "mutant_honest"

    def amount(self, request: RawRequest) -> Money:
        return Money(super().amount(request).minor // 100, request.one("currency"))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
