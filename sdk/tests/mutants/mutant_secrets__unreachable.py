"""Tells the whole address, key and all, when the gateway can't be reached."""

from __future__ import annotations

from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl
from gateway_in_reach import ONLINE, Gateway
from honest_gateway import HonestGateway

__all__ = ["Gateway"]
MESSAGE = "the secret 'secret' stands in the error of start"


class Mutant(HonestGateway):
    name = "mutant_secrets__unreachable"

    def start(self, request: StartRequest) -> Redirect:
        if not ONLINE:
            raise ProviderError(f"https://gateway.example/pay?key={request.method.text('secret')} can't be reached")
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
