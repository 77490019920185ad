"""An honest gateway whose document has a template of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from billhook import DocumentFacts, DocumentSource, MethodView, PaymentView
from honest_gateway import HonestGateway


class PaperGateway(HonestGateway):
    """stock: the template."""

    stock: ClassVar[str]

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        honest = super().document(kind, payment, method, facts)
        return replace(honest, template=self.stock, stock=self.stock)
