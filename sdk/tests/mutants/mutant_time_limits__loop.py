"""Connects in an event loop as long as it takes."""

from __future__ import annotations

import asyncio

from billhook import PaymentProvider, hookimpl
from loopback_gateway import Gateway, Looping

__all__ = ["Gateway"]
MESSAGE = "start opens a socket to 127.0.0.1 that may wait for ever"


class Mutant(Looping):
    name = "mutant_time_limits__loop"

    async def ask(self, port: int) -> None:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
