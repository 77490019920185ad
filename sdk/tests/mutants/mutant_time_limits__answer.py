"""Connects with a time limit, and waits for the answer as long as it takes."""

from __future__ import annotations

from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway
from loopback_gateway import PORTS, Gateway

__all__ = ["Gateway"]
MESSAGE = "start opens a socket to 127.0.0.1 that may wait for ever"


class Mutant(HonestGateway):
    name = "mutant_time_limits__answer"

    def start(self, request: StartRequest) -> Redirect:
        if not PORTS:
            raise ProviderError("no gateway")
        connection = HTTPConnection("127.0.0.1", PORTS[0], timeout=1)
        connection.connect()
        assert connection.sock is not None
        connection.sock.settimeout(None)
        with suppress(OSError, HTTPException):
            connection.request("GET", "/")
            connection.getresponse()
        connection.close()
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
