"""Runs a script when a payer clicks."""

from __future__ import annotations

from billhook import Instructions, PaymentProvider, StartRequest, hookimpl

MESSAGE = "a script in an address (href)"


class Mutant(PaymentProvider):
    name = "mutant_templates__address"
    title = "Counter"
    starts = (Instructions,)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_templates__address/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
