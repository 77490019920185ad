"""Takes play money for real."""

from __future__ import annotations

from dataclasses import replace

from billhook import MethodView, PaymentPaid, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "of a test payment for a live start was credited"


class Mutant(HonestGateway):
    name = "mutant_test_flag"

    def paid_act(self, request: RawRequest, method: MethodView) -> PaymentPaid:
        paid = super().paid_act(request, method)
        return replace(paid, is_test=method.switch("test"))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
