"""Claims another payment for another sender."""

from __future__ import annotations

from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "when it comes from another address"


class Mutant(HonestGateway):
    name = "mutant_pure__sender"

    def proof(self, request: RawRequest) -> dict[str, Any]:
        return {**super().proof(request), "details": {"from": request.remote_address}}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
