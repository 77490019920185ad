"""Shows a text that nobody translated."""

from __future__ import annotations

from billhook import Catalogue, PaymentProvider, hookimpl
from honest_gateway import HonestGateway

_ = Catalogue("mutant_translations")
MESSAGE = "'Pay by card' has no Russian translation"


class Mutant(HonestGateway):
    name = "mutant_translations"

    title = _("Pay by card")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
