"""Asks in a thread of its own as long as it takes."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway
from loopback_gateway import PORTS, Gateway

__all__ = ["Gateway"]
MESSAGE = "start opens a socket to 127.0.0.1 that may wait for ever"


class Mutant(HonestGateway):
    name = "mutant_time_limits__thread"

    def start(self, request: StartRequest) -> Redirect:
        if not PORTS:
            raise ProviderError("no gateway")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(socket.create_connection, ("127.0.0.1", PORTS[0])).result().close()
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
