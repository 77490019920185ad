"""Signs in with a time limit, and then waits as long as it takes: only a gateway that answers shows it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import honest_gateway
import requests
from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl

MESSAGE = "start opens a socket to 127.0.0.1 that may wait for ever"
PORTS: list[int] = []


class Mutant(honest_gateway.HonestGateway):
    name = "mutant_time_limits__second"

    def start(self, request: StartRequest) -> Redirect:
        if not PORTS:
            raise ProviderError("no gateway")
        for limit in (1, None):
            with suppress(requests.RequestException):
                requests.get(f"http://127.0.0.1:{PORTS[0]}/", timeout=limit)
        return super().start(request)


class Gateway(honest_gateway.Gateway):
    @contextmanager
    def online(self) -> Iterator[object]:
        with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            PORTS.append(server.server_address[1])
            yield server
            PORTS.clear()
            server.shutdown()
            thread.join()


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
