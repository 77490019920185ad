"""Signs with an empty secret if there is none."""

from __future__ import annotations

from billhook import MethodView, PaymentProvider, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "with an empty secret"


class Mutant(HonestGateway):
    name = "mutant_unverified__no_secret"

    def secrets(self, method: MethodView) -> tuple[str, ...]:
        return (method.text("secret"), *method.previous_secrets.get("secret", ()))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
