"""Knows the present secret only."""

from __future__ import annotations

from billhook import MethodView, PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "a message signed with the replaced secret is refused"


class Mutant(HonestGateway):
    name = "mutant_rotation"

    def secrets(self, method: MethodView) -> tuple[str, ...]:
        return super().secrets(method)[:1]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
