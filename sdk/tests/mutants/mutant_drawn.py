"""Its stock template is never closed."""

from __future__ import annotations

from billhook import DocumentFacts, DocumentSource, MethodView, PaymentProvider, PaymentView, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the stock template was not drawn: syntax"
STOCK = "{% if total %}<p>{{ total }}</p>"


class Mutant(HonestGateway):
    name = "mutant_drawn"

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        honest = super().document(kind, payment, method, facts)
        return DocumentSource(STOCK, STOCK, honest.context)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
