"""Its validator refuses its own default."""

from __future__ import annotations

from billhook import PaymentProvider, Setting, SettingKind, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "its own validator refuses its default"


def _fault(value: object) -> str | None:
    return "Enter an even number." if isinstance(value, int) and value % 2 else None


class Mutant(HonestGateway):
    name = "mutant_settings__default"

    settings = (*HonestGateway.settings, Setting("tries", SettingKind.NUMBER, "Tries", default=3, validator=_fault))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
