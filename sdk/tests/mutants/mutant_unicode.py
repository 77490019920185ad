"""Shows a manager the payer's name in the wrong encoding."""

from __future__ import annotations

from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the payer's name is damaged"


class Mutant(HonestGateway):
    name = "mutant_unicode"

    def proof(self, request: RawRequest) -> dict[str, Any]:
        proof = super().proof(request)
        return {**proof, "details": {"payer": proof["details"]["payer"].encode().decode("latin-1")}}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
