"""PayMaster (HTTP protocol, "LMI_") for Billhook."""

from __future__ import annotations

from billhook import PaymentProvider, hookimpl

from billhook_paymaster.provider import PayMaster


@hookimpl
def billhook_plugin_title() -> str:
    return "PayMaster"


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [PayMaster]
