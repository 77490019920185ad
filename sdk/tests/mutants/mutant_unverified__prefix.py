"""Compares as much of a signature as was sent."""

from __future__ import annotations

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "a notification with an empty signature was answered 200"


class Mutant(HonestGateway):
    name = "mutant_unverified__prefix"

    def made(self, request: RawRequest, secret: str) -> str:
        return super().made(request, secret)[: len(self.sent_signature(request))]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
