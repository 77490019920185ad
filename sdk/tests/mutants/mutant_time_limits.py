"""Waits for its gateway as long as it takes."""

from __future__ import annotations

import socket
from contextlib import suppress

from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "start opens a socket to gateway.example that may wait for ever"


class Mutant(HonestGateway):
    name = "mutant_time_limits"

    def start(self, request: StartRequest) -> Redirect:
        with suppress(OSError):
            socket.create_connection(("gateway.example", 443)).close()
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
