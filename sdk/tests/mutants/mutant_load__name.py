"""Has a provider that calls itself otherwise than the entry point."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "its provider calls itself 'shop'"


class Provider(HonestGateway):
    name = "shop"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Provider]
