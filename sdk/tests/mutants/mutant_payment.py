"""Takes a number of another payment for a second try of this one."""

from __future__ import annotations

from dataclasses import replace

from billhook import Action, CallbackEvent, MethodView, PayerReturned, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "-2' instead of"


class Mutant(HonestGateway):
    name = "mutant_payment"

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        event = super().parse(action, request, method)
        return (
            event if isinstance(event, PayerReturned) else replace(event, reference=event.reference.removesuffix("-2"))
        )


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
