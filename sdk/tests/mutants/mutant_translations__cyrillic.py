"""Shows a text that stands in the code."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "holds Cyrillic text"


class Mutant(HonestGateway):
    name = "mutant_translations__cyrillic"

    title = "Карта"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
