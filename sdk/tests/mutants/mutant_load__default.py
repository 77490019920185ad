"""Has a default that is no number."""

from __future__ import annotations

from billhook import PaymentProvider, Setting, SettingKind, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the default '3' of setting tries is not of the kind number"


class Mutant(HonestGateway):
    name = "mutant_load__default"

    settings = (*HonestGateway.settings, Setting("tries", SettingKind.NUMBER, "Tries", default="3"))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
