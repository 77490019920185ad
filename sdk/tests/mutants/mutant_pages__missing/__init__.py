"""Names a value that nobody gives."""

from __future__ import annotations

from billhook import Instructions, PaymentProvider, StartRequest, hookimpl

MESSAGE = "UndefinedError"


class Mutant(PaymentProvider):
    name = "mutant_pages__missing"
    title = "Counter"
    starts = (Instructions,)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_pages__missing/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
