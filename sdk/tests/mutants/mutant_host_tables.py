"""Looks for the host's database and helps itself."""

from __future__ import annotations

import gc
from contextlib import suppress

from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from billhook.testing.views import NOON
from honest_gateway import HonestGateway

MESSAGE = "the host's rows changed while the plugin's code ran: account"
TABLE = "account"


class Mutant(HonestGateway):
    name = "mutant_host_tables"

    def start(self, request: StartRequest) -> Redirect:
        for store in [each for each in gc.get_objects() if type(each).__name__ == "Store" and hasattr(each, "engine")]:
            # Other tests' databases are left alone, and what is closed can't be reached.
            if store.now() != NOON:
                continue
            with suppress(Exception), store.engine.connect() as connection:
                connection.exec_driver_sql(f"update {TABLE} set balance_minor = balance_minor + 1")
                connection.commit()
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
