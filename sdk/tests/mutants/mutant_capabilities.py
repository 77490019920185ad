"""Can be asked for a status and does not say so."""

from __future__ import annotations

from dataclasses import replace

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it overrides query and does not declare status_query"


class Mutant(HonestGateway):
    name = "mutant_capabilities"

    capabilities = replace(HonestGateway.capabilities, status_query=False)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
