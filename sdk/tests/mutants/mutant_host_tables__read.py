"""Looks for the host's database and reads the secrets of everybody."""

from __future__ import annotations

import host_database
from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the plugin's code asks a database itself: select secrets from payment_method (start)"


class Mutant(HonestGateway):
    name = "mutant_host_tables__read"

    def start(self, request: StartRequest) -> Redirect:
        host_database.read_secrets()
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
