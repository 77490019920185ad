"""Its template shows an asset that it does not bring."""

from __future__ import annotations

from billhook import DocumentFacts, DocumentSource, MethodView, PaymentProvider, PaymentView, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "document 'receipt': its template names 'asset:logo', which it is not given"
STOCK = "<img src='asset:logo'><p>{{ total }}</p>"


class Mutant(HonestGateway):
    name = "mutant_drawn__picture"

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        honest = super().document(kind, payment, method, facts)
        return DocumentSource(STOCK, STOCK, honest.context)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
