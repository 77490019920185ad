"""Has a style that the content policy forbids."""

from __future__ import annotations

from billhook import Instructions, PaymentProvider, StartRequest, hookimpl

MESSAGE = "an inline style"


class Mutant(PaymentProvider):
    name = "mutant_templates"
    title = "Counter"
    starts = (Instructions,)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_templates/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
