"""Knows a message by its id alone."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "is the same for another sum"


class Mutant(HonestGateway):
    name = "mutant_digest"

    def proof(self, request: RawRequest) -> dict[str, Any]:
        return {**super().proof(request), "signed_digest": sha256(request.one("id").encode()).hexdigest()}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
