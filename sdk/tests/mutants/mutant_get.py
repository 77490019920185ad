"""Believes a link that somebody clicked."""

from __future__ import annotations

from dataclasses import replace

from billhook import MethodView, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "verify believes a notification that came by GET"


class Mutant(HonestGateway):
    name = "mutant_get"

    def verify(self, request: RawRequest, method: MethodView) -> None:
        super().verify(replace(request, method="POST"), method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
