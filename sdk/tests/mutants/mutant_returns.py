"""Demands a field of whoever opens its return page."""

from __future__ import annotations

from billhook import Action, CallbackEvent, MethodView, PayerReturned, PaymentProvider, RawRequest, hookimpl
from honest_gateway import BACK, HonestGateway

MESSAGE = "503"


class Mutant(HonestGateway):
    name = "mutant_returns"

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        if action == BACK:
            return PayerReturned(dict(request.fields)["order"], successful=True)
        return super().parse(action, request, method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
