"""Hides the token from people, and leaves it in the error that its own one was raised from: a log shows both."""

from __future__ import annotations

from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl
from gateway_in_reach import ONLINE, Gateway
from honest_gateway import HonestGateway

__all__ = ["Gateway"]
MESSAGE = "the secret 'secret' stands in the error of start"


class Mutant(HonestGateway):
    name = "mutant_secrets__cause"

    def start(self, request: StartRequest) -> Redirect:
        try:
            return self.asked(request)
        except OSError as error:
            raise ProviderError("the gateway can't be reached") from error

    def asked(self, request: StartRequest) -> Redirect:
        if not ONLINE:
            raise ConnectionError(f"https://gateway.example/pay?key={request.method.text('secret')}")
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
