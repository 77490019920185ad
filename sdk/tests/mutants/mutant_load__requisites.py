"""Needs requisites of a scheme that nobody knows."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "requisites names 'atlantis', which is no scheme that is known"


class Mutant(HonestGateway):
    name = "mutant_load__requisites"

    requisites = ("atlantis",)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
