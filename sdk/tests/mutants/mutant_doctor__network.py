"""Asks the gateway while a form is saved."""

from __future__ import annotations

import socket
from contextlib import suppress

from billhook import Finding, MethodView, PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "check_settings reached for gateway.example"


class Mutant(HonestGateway):
    name = "mutant_doctor__network"

    def check_settings(self, method: MethodView) -> list[Finding]:
        with suppress(OSError):
            socket.create_connection(("gateway.example", 443), timeout=1).close()
        return super().check_settings(method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
