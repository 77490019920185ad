"""Sends tests as live payments."""

from __future__ import annotations

from billhook import PaymentProvider, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the gateway reads is_test"


class Mutant(HonestGateway):
    name = "mutant_ordered__play"

    def order(self, request: StartRequest) -> dict[str, str]:
        return {**super().order(request), "test": "0"}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
