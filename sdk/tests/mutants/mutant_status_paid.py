"""Claims what was ordered, whatever the gateway answers."""

from __future__ import annotations

from dataclasses import replace

from billhook import AttemptState, PaymentProvider, StatusAnswer, StatusRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the gateway answers another sum"


class Mutant(HonestGateway):
    name = "mutant_status_paid"

    def query(self, request: StatusRequest) -> StatusAnswer:
        found = super().query(request)
        return (
            found
            if isinstance(found, AttemptState)
            else [replace(fact, amount=request.payment.amount) for fact in found]
        )


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
