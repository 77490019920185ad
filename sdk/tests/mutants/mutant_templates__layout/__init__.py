"""Builds on a page that only one host has."""

from __future__ import annotations

from billhook import Instructions, PaymentProvider, StartRequest, hookimpl

MESSAGE = "which no host promises"


class Mutant(PaymentProvider):
    name = "mutant_templates__layout"
    title = "Counter"
    starts = (Instructions,)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_templates__layout/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
