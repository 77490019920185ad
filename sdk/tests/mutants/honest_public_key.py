"""Verifies by a key that the gateway gives to everybody; only the gateway can sign for it."""

from __future__ import annotations

import mutant_unverified__text_secret as text_secret
from billhook import MethodView, PaymentProvider, hookimpl
from honest_gateway import Gateway as Honest


class Mutant(text_secret.Mutant):
    name = "honest_public_key"

    def secrets(self, method: MethodView) -> tuple[str, ...]:
        return (method.text("secret"),) if method.text("secret") else ()


class Gateway(Honest):
    public_key = "secret"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
