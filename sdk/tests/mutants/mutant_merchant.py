"""Claims its own shop, whichever was paid."""

from __future__ import annotations

from dataclasses import replace

from billhook import MethodView, PaymentPaid, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "for the merchant 'shop-10' was credited"


class Mutant(HonestGateway):
    name = "mutant_merchant"

    def paid_act(self, request: RawRequest, method: MethodView) -> PaymentPaid:
        paid = super().paid_act(request, method)
        return replace(paid, merchant=method.text("shop"))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
