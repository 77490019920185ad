"""Knows a paid payment by another id than its notification."""

from __future__ import annotations

from dataclasses import replace

from billhook import AttemptState, PaymentProvider, StatusAnswer, StatusRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "by query and '43184405' by parse"


class Mutant(HonestGateway):
    name = "mutant_status_paid__id"

    def query(self, request: StatusRequest) -> StatusAnswer:
        found = super().query(request)
        return (
            found
            if isinstance(found, AttemptState)
            else [replace(fact, external_id=request.reference) for fact in found]
        )


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
