"""Answers a status query in words of its own."""

from __future__ import annotations

from billhook import PaymentProvider, StatusAnswer, StatusRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it answers 'paid'"


class Mutant(HonestGateway):
    name = "mutant_status_query"

    def query(self, request: StatusRequest) -> StatusAnswer:
        return "paid"  # type: ignore[return-value]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
