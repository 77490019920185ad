"""Notes the year in which it read a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the claim of one message differs ten years later"


class Mutant(HonestGateway):
    name = "mutant_pure"

    def proof(self, request: RawRequest) -> dict[str, Any]:
        return {**super().proof(request), "details": {"read_in": str(datetime.now(UTC).year)}}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
