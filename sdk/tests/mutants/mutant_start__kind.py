"""Declares a form and redirects."""

from __future__ import annotations

from dataclasses import replace

from billhook import PaymentProvider, StartKind, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "start returned Redirect, not PostForm as capabilities.start says"


class Mutant(HonestGateway):
    name = "mutant_start__kind"

    capabilities = replace(HonestGateway.capabilities, start=StartKind.FORM)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
