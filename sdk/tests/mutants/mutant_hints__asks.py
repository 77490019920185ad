"""Asks the gateway while it reads a hint."""

from __future__ import annotations

import contextlib

from billhook import Hint, MethodView, PaymentProvider, RawRequest, hookimpl, http
from hinting_gateway import Gateway as Gateway
from hinting_gateway import HintingGateway

MESSAGE = "reading a hint reached for"


class Mutant(HintingGateway):
    name = "mutant_hints__asks"

    def hint(self, request: RawRequest, method: MethodView) -> Hint:
        with contextlib.suppress(http.GatewayUnreachable), http.session() as session:
            session.get("https://gateway.example/status", params={"order": request.one("order")})
        return super().hint(request, method)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
