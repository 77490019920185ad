"""Uses what the contract keeps for itself."""

from __future__ import annotations

from billhook import Answer, Judged, PaymentProvider, Verdict, hookimpl, i18n
from honest_gateway import HonestGateway

MESSAGE = "i18n._catalogue, and _catalogue is no part of the contract"


class Mutant(HonestGateway):
    name = "mutant_only_the_contract__own"

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.verdict is Verdict.PARKED and judged.request.address == "never":
            assert i18n._catalogue
        return super().acknowledge(judged)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
