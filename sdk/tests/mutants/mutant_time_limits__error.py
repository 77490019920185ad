"""Lets a broken connection through as it comes."""

from __future__ import annotations

import socket

from billhook import PaymentProvider, StatusAnswer, StatusRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "query raises ConnectionRefusedError"


class Mutant(HonestGateway):
    name = "mutant_time_limits__error"

    def query(self, request: StatusRequest) -> StatusAnswer:
        if request.tries:
            socket.create_connection(("gateway.example", 443), timeout=1).close()
        return super().query(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
