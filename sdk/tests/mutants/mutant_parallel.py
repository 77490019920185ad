"""Reads the message that it verified last."""

from __future__ import annotations

from billhook import Action, CallbackEvent, MethodView, PaymentProvider, RawRequest, hookimpl
from honest_gateway import NOTIFY, HonestGateway

MESSAGE = "parse answers with another message"


class Mutant(HonestGateway):
    name = "mutant_parallel"

    def verify(self, action: Action, request: RawRequest, method: MethodView) -> None:
        super().verify(action, request, method)
        self._request = request

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        return super().parse(action, self._request if action == NOTIFY else request, method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
