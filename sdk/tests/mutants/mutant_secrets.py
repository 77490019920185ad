"""Logs the secret with which it signs."""

from __future__ import annotations

import logging

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the secret 'secret' stands in the log"


class Mutant(HonestGateway):
    name = "mutant_secrets"

    def made(self, request: RawRequest, secret: str) -> str:
        logging.getLogger("mutant").debug("signing with %s", secret)
        return super().made(request, secret)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
