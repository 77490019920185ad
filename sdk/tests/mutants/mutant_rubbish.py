"""Stumbles over bytes that are no text."""

from __future__ import annotations

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway, signature

MESSAGE = "raises UnicodeEncodeError"


class Mutant(HonestGateway):
    name = "mutant_rubbish"

    def made(self, request: RawRequest, secret: str) -> str:
        return signature([request.one(name) for name in self.signed], secret)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
