"""Believes whoever answers."""

from __future__ import annotations

from billhook import MethodView, PaymentPaid, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "query believes an answer that is signed with another secret"


class Mutant(HonestGateway):
    name = "mutant_status_paid__unsigned"

    def paid(self, answer: RawRequest, method: MethodView) -> PaymentPaid:
        return self.paid_act(answer, method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
