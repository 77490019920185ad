"""Creates a table that could be anybody's."""

from __future__ import annotations

from typing import Any

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the table 'receipt' does not begin with 'mutant_tables_'"


class Mutant(HonestGateway):
    name = "mutant_tables"

    start = HonestGateway.start


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]


def upgrade(op: Any) -> None:
    op.create_table("mutant_tables_note")
    op.create_table("receipt")
