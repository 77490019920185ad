"""Connects in an event loop with a time limit, and waits for the answer as long as it takes."""

from __future__ import annotations

import asyncio

from billhook import PaymentProvider, hookimpl
from loopback_gateway import Gateway, Looping

__all__ = ["Gateway"]
MESSAGE = "start opens a socket to 127.0.0.1 that may wait for ever"


class Mutant(Looping):
    name = "mutant_time_limits__stream"

    async def ask(self, port: int) -> None:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.read()
        writer.close()


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
