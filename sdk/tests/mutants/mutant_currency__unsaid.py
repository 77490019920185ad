"""Takes payments in every currency from a gateway that names none."""

from __future__ import annotations

from dataclasses import replace

import gateway_of_roubles
from billhook import Money, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the gateway's messages name no currency, and the plugin takes payments in several"
Gateway = gateway_of_roubles.Gateway


class Mutant(HonestGateway):
    name = "mutant_currency__unsaid"
    signed = gateway_of_roubles.SIGNED

    def amount(self, request: RawRequest) -> Money:
        return super().amount(replace(request, fields=(*request.fields, ("currency", "RUB"))))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
