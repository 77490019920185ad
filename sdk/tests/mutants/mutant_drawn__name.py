"""Its template prints what nobody gives it."""

from __future__ import annotations

from billhook import DocumentFacts, DocumentSource, MethodView, PaymentProvider, PaymentView, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "document 'receipt': its template names 'totl', which it is not given"
STOCK = "<p>{{ totl }}</p>{% if vat %}{{ vat.rate }}{% endif %}"


class Mutant(HonestGateway):
    name = "mutant_drawn__name"

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        honest = super().document(kind, payment, method, facts)
        return DocumentSource(STOCK, STOCK, honest.context)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
