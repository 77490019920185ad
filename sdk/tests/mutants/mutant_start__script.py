"""Leads to what is no web address."""

from __future__ import annotations

from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "to what is no web address"


class Mutant(HonestGateway):
    name = "mutant_start__script"

    def start(self, request: StartRequest) -> Redirect:
        return Redirect("javascript:pay()")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
