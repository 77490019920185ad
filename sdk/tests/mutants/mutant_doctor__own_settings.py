"""Its doctor finds an error in what the author himself fills in; the kit quotes it in its own language."""

from __future__ import annotations

from billhook import Catalogue, Finding, MethodView, PaymentProvider, Severity, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "it finds an error in the author's own settings: declined"
contract_words = Catalogue("billhook")


class Mutant(HonestGateway):
    name = "mutant_doctor__own_settings"

    def check_settings(self, method: MethodView) -> list[Finding]:
        return [Finding(Severity.ERROR, contract_words("declined"), "Mend it.")]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
