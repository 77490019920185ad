"""Its template shows an asset that it does not bring."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from paper_gateway import PaperGateway

MESSAGE = "document 'receipt': its template names 'asset:logo', which it is not given"


class Mutant(PaperGateway):
    name = "mutant_drawn__picture"
    stock = "<img src='asset:logo'><p>{{ total }}</p>"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
