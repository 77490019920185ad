"""Believes a header, which no signature covers."""

from __future__ import annotations

from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the header 'x-payment-id' as"


class Mutant(HonestGateway):
    name = "mutant_tamper__header"

    def proof(self, request: RawRequest) -> dict[str, Any]:
        proof = super().proof(request)
        return {**proof, "external_id": request.headers.get("X-Payment-Id".lower(), proof["external_id"])}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
