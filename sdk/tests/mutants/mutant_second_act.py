"""Knows an act of paying by the number of the order."""

from __future__ import annotations

from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "were credited 1 times, one was set aside"


class Mutant(HonestGateway):
    name = "mutant_second_act"

    def proof(self, request: RawRequest) -> dict[str, Any]:
        return {**super().proof(request), "external_id": request.one("order")}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
