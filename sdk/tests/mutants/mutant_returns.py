"""Demands a field of whoever opens its return page."""

from __future__ import annotations

from billhook import MethodView, PayerReturned, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "503"


class Mutant(HonestGateway):
    name = "mutant_returns"

    def returned(self, request: RawRequest, method: MethodView) -> PayerReturned:
        return PayerReturned(dict(request.fields)["order"], successful=True)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
