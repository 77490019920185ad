"""Believes no message that is older than the last one."""

from __future__ import annotations

from billhook import BadSignature, MethodView, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the newer notification came first"


class Mutant(HonestGateway):
    name = "mutant_reordered"

    def __init__(self) -> None:
        self._newest = ""

    def verify(self, request: RawRequest, method: MethodView) -> None:
        super().verify(request, method)
        if request.one("paid_at") < self._newest:
            raise BadSignature("a stale message")
        self._newest = request.one("paid_at")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
