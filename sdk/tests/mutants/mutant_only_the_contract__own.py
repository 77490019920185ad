"""Uses what the contract keeps for itself."""

from __future__ import annotations

from billhook import Action, Answer, PaymentProvider, Verdict, hookimpl, i18n
from honest_gateway import HonestGateway

MESSAGE = "i18n._catalogue, and _catalogue is no part of the contract"


class Mutant(HonestGateway):
    name = "mutant_only_the_contract__own"

    def acknowledge(self, action: Action, verdict: Verdict) -> Answer:
        if verdict is Verdict.PARKED and action.name == "never":
            assert i18n._catalogue
        return super().acknowledge(action, verdict)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
