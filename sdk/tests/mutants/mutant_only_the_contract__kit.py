"""Uses the kit where it is for sale."""

from __future__ import annotations

import billhook_kit
from billhook import Action, Answer, PaymentProvider, Verdict, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it uses billhook_kit, the kit, for tests"


class Mutant(HonestGateway):
    name = "mutant_only_the_contract__kit"

    def acknowledge(self, action: Action, verdict: Verdict) -> Answer:
        if verdict is Verdict.PARKED and action.name == "never":
            assert billhook_kit.FakeHost
        return super().acknowledge(action, verdict)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
