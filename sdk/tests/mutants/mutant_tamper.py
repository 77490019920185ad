"""Reads a currency that nobody signed."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from honest_gateway import SIGNED, HonestGateway
from honest_gateway import Gateway as Honest

MESSAGE = "'currency' changed"


class Mutant(HonestGateway):
    name = "mutant_tamper"

    signed = tuple(name for name in SIGNED if name != "currency")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]


class Gateway(Honest):
    signed_fields = Mutant.signed
