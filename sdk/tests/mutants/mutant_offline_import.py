"""Reaches for its gateway while it is imported."""

from __future__ import annotations

import socket
from contextlib import suppress

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "socket.getaddrinfo"

with suppress(OSError):
    # Nothing listens on the discard port: what counts is the attempt.
    socket.create_connection(("127.0.0.1", 9), timeout=0.2).close()


class Mutant(HonestGateway):
    name = "mutant_offline_import"

    start = HonestGateway.start


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
