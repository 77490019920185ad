"""Finds in English alone."""

from __future__ import annotations

from billhook import Catalogue, Finding, Instructions, MethodView, PaymentProvider, Severity, StartRequest, hookimpl

MESSAGE = "a finding of check_settings is the plain text 'The counter has no desk.'"
_ = Catalogue("mutant_translations__finding")


class Mutant(PaymentProvider):
    name = "mutant_translations__finding"
    title = _("Counter")
    starts = (Instructions,)

    def check_settings(self, method: MethodView) -> list[Finding]:
        return [Finding(Severity.WARNING, "The counter has no desk.", _("Counter"))]

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_translations__finding/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
