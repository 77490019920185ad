"""Takes a number of another payment for a second try of this one."""

from __future__ import annotations

from dataclasses import replace

from billhook import MethodView, PaymentPaid, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "-2' instead of"


class Mutant(HonestGateway):
    name = "mutant_payment"

    def paid_act(self, request: RawRequest, method: MethodView) -> PaymentPaid:
        paid = super().paid_act(request, method)
        return replace(paid, reference=paid.reference.removesuffix("-2"))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
