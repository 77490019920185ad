"""Believes a field that the gateway leaves out and that nobody signs, where somebody adds it."""

from __future__ import annotations

from dataclasses import replace

from billhook import Money, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "'amount_paid' added as"


class Mutant(HonestGateway):
    name = "mutant_tamper__added"

    def amount(self, request: RawRequest) -> Money:
        amount = request.optional("amount_paid") or request.one("amount")
        return super().amount(replace(request, fields=(("amount", amount), ("currency", request.one("currency")))))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
