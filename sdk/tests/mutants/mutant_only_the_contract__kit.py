"""Uses the kit where it is for sale."""

from __future__ import annotations

import billhook_kit
from billhook import Answer, Judged, PaymentProvider, Verdict, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it uses billhook_kit, the kit, for tests"


class Mutant(HonestGateway):
    name = "mutant_only_the_contract__kit"

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.verdict is Verdict.PARKED and judged.request.address == "never":
            assert billhook_kit.FakeHost
        return super().acknowledge(judged)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
