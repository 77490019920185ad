"""Bank transfer for Billhook: the bill, its payment QR and the instructions."""

from __future__ import annotations

from billhook import Catalogue, LazyText, PaymentProvider, hookimpl

from billhook_check_cash.provider import CheckCash

_ = Catalogue("billhook_check_cash")


@hookimpl
def billhook_plugin_title() -> LazyText:
    return _("Bank transfer")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [CheckCash]
