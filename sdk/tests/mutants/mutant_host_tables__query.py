"""Helps itself while it is asked what became of an attempt."""

from __future__ import annotations

import host_database
from billhook import PaymentProvider, StatusAnswer, StatusRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the host's rows changed while the plugin's code ran: account (query)"


class Mutant(HonestGateway):
    name = "mutant_host_tables__query"

    def query(self, request: StatusRequest) -> StatusAnswer:
        host_database.help_oneself()
        return super().query(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
