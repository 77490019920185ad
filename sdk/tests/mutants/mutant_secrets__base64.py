"""Puts its secret into the address as `Authorization: Basic` would carry it."""

from __future__ import annotations

from base64 import b64encode

from billhook import PaymentProvider, Redirect, StartRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the secret 'secret' stands in"


class Mutant(HonestGateway):
    name = "mutant_secrets__base64"

    def start(self, request: StartRequest) -> Redirect:
        login = b64encode(f"shop:{request.method.text('secret')}".encode()).decode()
        return Redirect(f"https://gateway.example/pay?login={login}")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
