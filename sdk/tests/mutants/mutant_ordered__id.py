"""Sends the payment's id in place of the try's reference."""

from __future__ import annotations

from billhook import PaymentProvider, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the gateway reads reference"


class Mutant(HonestGateway):
    name = "mutant_ordered__id"

    def order(self, request: StartRequest) -> dict[str, str]:
        return {**super().order(request), "order": str(request.payment.id)}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
