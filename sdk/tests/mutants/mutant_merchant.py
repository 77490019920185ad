"""Claims its own shop, whichever was paid."""

from __future__ import annotations

from dataclasses import replace

from billhook import Action, CallbackEvent, MethodView, PayerReturned, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "for the merchant 'shop-10' was credited"


class Mutant(HonestGateway):
    name = "mutant_merchant"

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        event = super().parse(action, request, method)
        return event if isinstance(event, PayerReturned) else replace(event, merchant=method.text("shop"))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
