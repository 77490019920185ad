"""A gateway whose messages name no currency, and a plugin that says which one it means."""

from __future__ import annotations

import mutant_currency__unsaid as unsaid
from billhook import PaymentProvider, hookimpl

Gateway = unsaid.Gateway


class Mutant(unsaid.Mutant):
    name = "honest_in_roubles"
    currencies = ("RUB",)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
