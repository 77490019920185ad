"""Reads the message that it verified last."""

from __future__ import annotations

from billhook import MethodView, PaymentPaid, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "parse answers with another message"


class Mutant(HonestGateway):
    name = "mutant_parallel"

    def verify(self, request: RawRequest, method: MethodView) -> None:
        super().verify(request, method)
        self._request = request

    def paid_act(self, request: RawRequest, method: MethodView) -> PaymentPaid:
        return super().paid_act(self._request, method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
