"""Gives its gateway a limit for connecting and none for the answer; nobody stands in for it."""

from __future__ import annotations

from contextlib import suppress

import requests
from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "start opens a socket to gateway.example that may wait for ever"


class Mutant(HonestGateway):
    name = "mutant_time_limits__unanswered"

    def start(self, request: StartRequest) -> Redirect:
        with suppress(requests.RequestException):
            requests.post("https://gateway.example/pay", json={}, timeout=(1, None))
        return super().start(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
