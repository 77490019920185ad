"""Takes the last of two values, and signs it, too."""

from __future__ import annotations

from dataclasses import replace

from billhook import Action, CallbackEvent, MethodView, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "given twice"


class Mutant(HonestGateway):
    name = "mutant_tamper__twice"

    def verify(self, action: Action, request: RawRequest, method: MethodView) -> None:
        super().verify(action, _last(request), method)

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        return super().parse(action, _last(request), method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]


def _last(request: RawRequest) -> RawRequest:
    return replace(request, fields=tuple(dict(request.fields).items()))
