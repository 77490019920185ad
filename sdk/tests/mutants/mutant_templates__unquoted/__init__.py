"""Runs a script when a payer clicks."""

from __future__ import annotations

from billhook import Instructions, PaymentProvider, StartRequest, hookimpl

MESSAGE = "an event attribute (onclick)"


class Mutant(PaymentProvider):
    name = "mutant_templates__unquoted"
    title = "Counter"
    starts = (Instructions,)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_templates__unquoted/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
