"""Shows a page that is half English."""

from __future__ import annotations

from billhook import (
    Capabilities,
    Catalogue,
    Instructions,
    PaymentProvider,
    StartKind,
    StartRequest,
    hookimpl,
)

MESSAGE = "counter.html:2 is the plain text 'Pay at the desk of 0'"
_ = Catalogue("mutant_translations__template")


class Mutant(PaymentProvider):
    name = "mutant_translations__template"
    title = _("Counter")
    capabilities = Capabilities(start=StartKind.INSTRUCTIONS)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_translations__template/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
