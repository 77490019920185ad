"""Starts another payment at each press of the button."""

from __future__ import annotations

from itertools import count

from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the second press of the button leads elsewhere"


class Mutant(HonestGateway):
    name = "mutant_start"

    def __init__(self) -> None:
        self._presses = count()

    def start(self, request: StartRequest) -> Redirect:
        return Redirect(f"https://gateway.example/pay?try={next(self._presses)}")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
