"""Shows a page that is half English."""

from __future__ import annotations

from billhook import Catalogue, Instructions, PaymentProvider, StartRequest, hookimpl

MESSAGE = "counter.html:2 is the plain text 'Pay at the desk of 0'"
_ = Catalogue("mutant_translations__template")


class Mutant(PaymentProvider):
    name = "mutant_translations__template"
    title = _("Counter")
    starts = (Instructions,)

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_translations__template/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
