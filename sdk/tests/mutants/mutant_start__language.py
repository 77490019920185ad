"""Asks in the language of whoever presses."""

from __future__ import annotations

from billhook import PaymentProvider, StartRequest, hookimpl
from billhook.i18n import current_language
from honest_gateway import HonestGateway

MESSAGE = "in another language"


class Mutant(HonestGateway):
    name = "mutant_start__language"

    def order(self, request: StartRequest) -> dict[str, str]:
        return {**super().order(request), "language": current_language()}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
