"""Its doctor warns and leaves everybody to guess."""

from __future__ import annotations

from billhook import Finding, MethodView, PaymentProvider, Severity, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "a finding has no text or no remedy"


class Mutant(HonestGateway):
    name = "mutant_doctor"

    def check_settings(self, method: MethodView) -> list[Finding]:
        return [Finding(Severity.WARNING, "Something is odd.")]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
