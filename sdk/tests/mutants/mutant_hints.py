"""Believes what a hint says."""

from __future__ import annotations

from typing import ClassVar

from billhook import (
    Hint,
    MethodView,
    Money,
    PaymentPaid,
    PaymentProvider,
    RawRequest,
    StatusAnswer,
    StatusRequest,
    hookimpl,
)
from hinting_gateway import Gateway as Gateway
from hinting_gateway import HintingGateway

MESSAGE = "was believed"


class Mutant(HintingGateway):
    name = "mutant_hints"

    said: ClassVar[dict[str, Money]] = {}

    def hint(self, request: RawRequest, method: MethodView) -> Hint:
        self.said[request.one("order")] = Money.of(request.one("amount"), request.one("currency"))
        return super().hint(request, method)

    def query(self, request: StatusRequest) -> StatusAnswer:
        if request.reference not in self.said:
            return super().query(request)
        amount, shop = self.said[request.reference], request.method.text("shop")
        return [PaymentPaid(request.reference, shop, amount, False, request.reference, "d" * 64, {})]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
