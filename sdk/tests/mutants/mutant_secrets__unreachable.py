"""Tells the whole address, key and all, when the gateway can't be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import honest_gateway
from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl

MESSAGE = "the secret 'secret' stands in the error of start"
ONLINE: list[bool] = []


class Mutant(honest_gateway.HonestGateway):
    name = "mutant_secrets__unreachable"

    def start(self, request: StartRequest) -> Redirect:
        if not ONLINE:
            raise ProviderError(f"https://gateway.example/pay?key={request.method.text('secret')} can't be reached")
        return super().start(request)


class Gateway(honest_gateway.Gateway):
    @contextmanager
    def online(self) -> Iterator[object]:
        ONLINE.append(True)
        yield
        ONLINE.clear()


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
