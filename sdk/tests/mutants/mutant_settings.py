"""Its validator raises for what is no number."""

from __future__ import annotations

from billhook import PaymentProvider, Setting, SettingKind, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "its validator raises ValueError"


def _fault(value: object) -> str | None:
    return None if int(str(value)) > 0 else "Enter a number."


class Mutant(HonestGateway):
    name = "mutant_settings"

    settings = (*HonestGateway.settings, Setting("limit", SettingKind.TEXT, "Limit", validator=_fault))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
