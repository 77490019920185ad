"""Can be asked for a status and does not say so."""

from __future__ import annotations

from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from billhook.status import AttemptState, StatusRequest

MESSAGE = "its provider has query and is no AnswersStatus"


class Mutant(PaymentProvider):
    name = "mutant_load__query"
    title = "Silent"
    starts = (Redirect,)

    def start(self, request: StartRequest) -> Redirect:
        return Redirect("https://gateway.example/pay")

    def query(self, request: StatusRequest) -> AttemptState:
        return AttemptState.OPEN


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
