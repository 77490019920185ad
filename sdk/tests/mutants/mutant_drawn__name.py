"""Its template prints what nobody gives it."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from paper_gateway import PaperGateway

MESSAGE = "document 'receipt': its template names 'totl', which it is not given"


class Mutant(PaperGateway):
    name = "mutant_drawn__name"
    stock = "<p>{{ totl }}</p>{% if vat %}{{ vat.rate }}{% endif %}"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
