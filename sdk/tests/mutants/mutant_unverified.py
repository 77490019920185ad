"""Checks a signature only if there is one."""

from __future__ import annotations

from billhook import MethodView, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "a notification without its signature was answered 200"


class Mutant(HonestGateway):
    name = "mutant_unverified"

    def verify(self, request: RawRequest, method: MethodView) -> None:
        if request.method != "POST" or request.optional("sign"):
            super().verify(request, method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
