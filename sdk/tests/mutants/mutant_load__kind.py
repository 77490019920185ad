"""Names the kind of a secret in plain text: no host would know it for one, and all would show it."""

from __future__ import annotations

from billhook import PaymentProvider, Setting, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "setting token is of the kind 'secret', which is no SettingKind"


class Mutant(HonestGateway):
    name = "mutant_load__kind"

    settings = (*HonestGateway.settings, Setting("token", "secret", "Token"))  # type: ignore[arg-type]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
