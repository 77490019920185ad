"""Names a merchant setting that it does not declare."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "merchant_setting is 'store', which is no text setting of the provider"


class Mutant(HonestGateway):
    name = "mutant_load__merchant"

    merchant_setting = "store"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
