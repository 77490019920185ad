"""Takes payments in every currency from a gateway that names none."""

from __future__ import annotations

from dataclasses import replace

from billhook import Money, PaymentProvider, RawRequest, hookimpl
from billhook.testing import Report, form
from honest_gateway import SIGNED, HonestGateway
from honest_gateway import Gateway as Honest

MESSAGE = "the gateway's messages name no currency, and the plugin takes payments in several"


class Mutant(HonestGateway):
    name = "mutant_currency__unsaid"
    signed = tuple(name for name in SIGNED if name != "currency")

    def amount(self, request: RawRequest) -> Money:
        return super().amount(replace(request, fields=(*request.fields, ("currency", "RUB"))))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]


class Gateway(Honest):
    signed_fields = Mutant.signed

    def notification(self, report: Report) -> RawRequest:
        return unsaid(super().notification(report))

    def question(self, report: Report) -> RawRequest:
        return unsaid(super().question(report))


def unsaid(request: RawRequest) -> RawRequest:
    return form([pair for pair in request.fields if pair[0] != "currency"])
