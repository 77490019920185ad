"""Takes play money for real."""

from __future__ import annotations

from dataclasses import replace

from billhook import Action, CallbackEvent, MethodView, PayerReturned, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "of a test payment for a live start was credited"


class Mutant(HonestGateway):
    name = "mutant_test_flag"

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        event = super().parse(action, request, method)
        return event if isinstance(event, PayerReturned) else replace(event, is_test=method.switch("test"))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
