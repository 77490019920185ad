"""Puts the hour of printing on a frozen paper."""

from __future__ import annotations

import time

from billhook import PaymentProvider, PaymentView, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "differs from one call to the next"


class Mutant(HonestGateway):
    name = "mutant_documents__clock"

    def context(self, payment: PaymentView) -> dict[str, object]:
        return {**super().context(payment), "printed": str(time.perf_counter_ns())}


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
