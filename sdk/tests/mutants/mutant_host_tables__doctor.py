"""Helps itself while it looks at the settings."""

from __future__ import annotations

import host_database
from billhook import Finding, MethodView, PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the host's rows changed while the plugin's code ran: account (check_settings)"


class Mutant(HonestGateway):
    name = "mutant_host_tables__doctor"

    def check_settings(self, method: MethodView) -> list[Finding]:
        host_database.help_oneself()
        return super().check_settings(method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
