"""Tells the secret to whoever signs wrongly."""

from __future__ import annotations

from billhook import BadSignature, MethodView, PaymentProvider, RawRequest, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "the secret 'secret' stands in the error of verify"


class Mutant(HonestGateway):
    name = "mutant_secrets__error"

    def verify(self, request: RawRequest, method: MethodView) -> None:
        try:
            super().verify(request, method)
        except BadSignature as error:
            raise BadSignature(f"expected a signature with {self.secrets(method)}") from error


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
