"""A gateway that listens on this machine while the kit says so, and hangs up on whoever connects."""

from __future__ import annotations

import asyncio
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import honest_gateway
from billhook import ProviderError, Redirect, StartRequest

PORTS: list[int] = []


class HangingUp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        time.sleep(0.05)  # or nobody waits


class Gateway(honest_gateway.Gateway):
    @contextmanager
    def online(self) -> Iterator[object]:
        with socketserver.TCPServer(("127.0.0.1", 0), HangingUp) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            PORTS.append(server.server_address[1])
            try:
                yield server
            finally:
                PORTS.clear()
                server.shutdown()
                thread.join()


class Looping(honest_gateway.HonestGateway):
    """Asks that gateway in an event loop."""

    async def ask(self, port: int) -> None:
        raise NotImplementedError

    def start(self, request: StartRequest) -> Redirect:
        if not PORTS:
            raise ProviderError("no gateway")
        asyncio.run(self.ask(PORTS[0]))
        return super().start(request)
