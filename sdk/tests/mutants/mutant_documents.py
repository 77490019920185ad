"""Puts a float on paper."""

from __future__ import annotations

from billhook import PaymentProvider, PaymentView, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "context total is 5000.0, no plain exact value"


class Mutant(HonestGateway):
    name = "mutant_documents"

    def context(self, payment: PaymentView) -> dict[str, object]:
        return {"total": float(payment.amount.decimal)}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
