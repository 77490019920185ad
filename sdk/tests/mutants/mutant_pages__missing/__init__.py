"""Names a value that nobody gives."""

from __future__ import annotations

from billhook import Capabilities, Instructions, PaymentProvider, StartKind, StartRequest, hookimpl

MESSAGE = "UndefinedError"


class Mutant(PaymentProvider):
    name = "mutant_pages__missing"
    title = "Counter"
    capabilities = Capabilities(start=StartKind.INSTRUCTIONS)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_pages__missing/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
