"""Helps itself while it makes a document."""

from __future__ import annotations

import host_database
from billhook import DocumentFacts, DocumentSource, MethodView, PaymentProvider, PaymentView, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the host's rows changed while the plugin's code ran: account (document)"


class Mutant(HonestGateway):
    name = "mutant_host_tables__document"

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        host_database.help_oneself()
        return super().document(kind, payment, method, facts)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
