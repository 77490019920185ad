"""Changes rows of the host by a statement of its own."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the table 'payment' does not begin with"


class Mutant(HonestGateway):
    name = "mutant_tables__sql"

    STATEMENT = "UPDATE payment SET status = 'completed' WHERE id = :id"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
