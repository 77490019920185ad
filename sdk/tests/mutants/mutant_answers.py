"""Names the payment that it read last."""

from __future__ import annotations

from billhook import Answer, Judged, MethodView, PaymentPaid, PaymentProvider, RawRequest, hookimpl
from echoing_gateway import Gateway as Gateway
from honest_gateway import ASK, HonestGateway

MESSAGE = "the gateway hears"


class Mutant(HonestGateway):
    name = "mutant_answers"

    def parse(self, request: RawRequest, method: MethodView) -> list[PaymentPaid]:
        found = super().parse(request, method)
        self.last = found[0].reference
        return found

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.request.address == ASK:
            return super().acknowledge(judged)
        return Answer(f"OK {self.last}".encode())


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
