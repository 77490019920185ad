"""Sends whole roubles."""

from __future__ import annotations

from billhook import PaymentProvider, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the gateway reads amount"


class Mutant(HonestGateway):
    name = "mutant_ordered"

    def order(self, request: StartRequest) -> dict[str, str]:
        return {**super().order(request), "amount": str(request.payment.amount.minor // 100)}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
