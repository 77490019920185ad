"""Numbers the messages that it reads at the same moment."""

from __future__ import annotations

import time
from threading import Lock, current_thread, main_thread
from typing import Any

from billhook import PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "deliveries at once"


class Mutant(HonestGateway):
    name = "mutant_parallel_database"

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0

    def proof(self, request: RawRequest) -> dict[str, Any]:
        with self._lock:
            self._inside += 1
            place = self._inside
        if current_thread() is not main_thread():
            time.sleep(0.05)
        with self._lock:
            self._inside -= 1
        proof = super().proof(request)
        return proof if place == 1 else {**proof, "external_id": f"{proof['external_id']}/{place}"}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
