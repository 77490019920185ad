"""Starts a thread while it is imported, which reaches for its gateway some time later."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from urllib.request import urlopen

from billhook import PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "a thread goes on after it was imported and loaded: early bird"


def _phone() -> None:
    time.sleep(60)
    with suppress(OSError):
        urlopen("https://gateway.example/hello", timeout=1).close()


threading.Thread(target=_phone, name="early bird", daemon=True).start()


class Mutant(HonestGateway):
    name = "mutant_offline_import__thread"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
