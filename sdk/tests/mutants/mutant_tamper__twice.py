"""Takes the last of two values, and signs it, too."""

from __future__ import annotations

from dataclasses import replace

from billhook import MethodView, PaymentPaid, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "given twice"


class Mutant(HonestGateway):
    name = "mutant_tamper__twice"

    def verify(self, request: RawRequest, method: MethodView) -> None:
        super().verify(_last(request), method)

    def paid_act(self, request: RawRequest, method: MethodView) -> PaymentPaid:
        return super().paid_act(_last(request), method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]


def _last(request: RawRequest) -> RawRequest:
    return replace(request, fields=tuple(dict(request.fields).items()))
