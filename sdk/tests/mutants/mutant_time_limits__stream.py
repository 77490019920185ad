"""Connects in an event loop with a time limit, and waits for the answer as long as it takes."""

from __future__ import annotations

import asyncio

from billhook import PaymentProvider, ProviderError, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway
from loopback_gateway import PORTS, Gateway

__all__ = ["Gateway"]
MESSAGE = "start opens a socket to 127.0.0.1 that may wait for ever"


async def _ask(port: int) -> None:
    async with asyncio.timeout(1):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.read()
    writer.close()


class Mutant(HonestGateway):
    name = "mutant_time_limits__stream"

    def start(self, request: StartRequest) -> Redirect:
        if not PORTS:
            raise ProviderError("no gateway")
        asyncio.run(_ask(PORTS[0]))
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
