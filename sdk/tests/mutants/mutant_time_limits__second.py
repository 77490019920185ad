"""Signs in with a time limit, and then waits as long as it takes: only a gateway that answers shows it."""

from __future__ import annotations

from contextlib import suppress

import requests
from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway
from loopback_gateway import PORTS, Gateway

__all__ = ["Gateway"]
MESSAGE = "start opens a socket to 127.0.0.1 that may wait for ever"


class Mutant(HonestGateway):
    name = "mutant_time_limits__second"

    def start(self, request: StartRequest) -> Redirect:
        if not PORTS:
            raise ProviderError("no gateway")
        for limit in (1, None):
            with suppress(requests.RequestException):
                requests.get(f"http://127.0.0.1:{PORTS[0]}/", timeout=limit)
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
