"""Declares a form and redirects."""

from __future__ import annotations

from billhook import PaymentProvider, PostForm, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "start returned Redirect, not PostForm as starts says"


class Mutant(HonestGateway):
    name = "mutant_start__kind"

    starts = (PostForm,)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
