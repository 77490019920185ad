"""Its stock template is never closed."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from paper_gateway import PaperGateway

MESSAGE = "the stock template was not drawn: syntax"


class Mutant(PaperGateway):
    name = "mutant_drawn"
    stock = "{% if total %}<p>{{ total }}</p>"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
