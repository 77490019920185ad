"""Posts and signs a text in two lines, of which browsers make others."""

from __future__ import annotations

from billhook import PaymentProvider, PostForm, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the form's field 'about' holds a line break"


class Mutant(HonestGateway):
    name = "mutant_start__lines"
    starts = (PostForm,)

    def start(self, request: StartRequest) -> PostForm:  # type: ignore[override]
        number = request.reference
        return PostForm("https://gateway.example/pay", [("order", number), ("about", f"Payment\n{number}")])


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
