"""Its validator remembers what it has seen, and refuses a value that is checked at two levels."""

from __future__ import annotations

from billhook import Level, PaymentProvider, Setting, SettingKind, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "its validator refuses the author's value when asked again"

_seen: set[object] = set()


def _fault(value: object) -> str | None:
    if value in _seen:
        return "This shop is used already."
    _seen.add(value)
    return None


class Mutant(HonestGateway):
    name = "mutant_settings__inherited"

    settings = (
        Setting("shop", SettingKind.TEXT, "Shop", required=True, inherits_from=Level.OPERATOR, validator=_fault),
        *HonestGateway.settings[1:],
    )


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
