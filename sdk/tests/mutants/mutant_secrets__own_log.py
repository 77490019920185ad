"""Logs the secret with which it signs to a file of its own, past every other log."""

from __future__ import annotations

import logging
import os

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the secret 'secret' stands in the log"
_log = logging.getLogger("mutant.own")
_log.propagate = False
_log.addHandler(logging.FileHandler(os.devnull, delay=True))


class Mutant(HonestGateway):
    name = "mutant_secrets__own_log"

    def made(self, request: RawRequest, secret: str) -> str:
        _log.warning("signing with %s", secret)
        return super().made(request, secret)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
