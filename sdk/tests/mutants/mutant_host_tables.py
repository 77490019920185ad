"""Looks for the host's database and helps itself."""

from __future__ import annotations

import host_database
from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the host's rows changed while the plugin's code ran: account (start)"


class Mutant(HonestGateway):
    name = "mutant_host_tables"

    def start(self, request: StartRequest) -> Redirect:
        host_database.help_oneself()
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
