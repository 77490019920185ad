"""Looks for the host's database and helps itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the host's rows changed while the plugin's code ran: account"
TABLE = "account"


class Mutant(HonestGateway):
    name = "mutant_host_tables"

    def start(self, request: StartRequest) -> Redirect:
        for store in _stores():
            with store.engine.connect() as connection:
                connection.exec_driver_sql(f"update {TABLE} set balance_minor = balance_minor + 1")
                connection.commit()
        return super().start(request)


def _stores() -> Iterator[Any]:
    """Yield the databases of those who are calling just now."""
    for top in sys._current_frames().values():
        frame = top
        while frame is not None:
            yield from (value.store for value in frame.f_locals.values() if type(value).__name__ == "Desk")
            frame = frame.f_back


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
