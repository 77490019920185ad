"""Knows a message by all of its bytes, the unsigned ones, too."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "signed_digest changes with the unsigned field 'channel'"


class Mutant(HonestGateway):
    name = "mutant_digest__body"

    def proof(self, request: RawRequest) -> dict[str, Any]:
        return {**super().proof(request), "signed_digest": sha256(request.body).hexdigest()}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
