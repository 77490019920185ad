"""Declares its secret as a text, so that it is shown, and never replaced with a while of grace."""

from __future__ import annotations

from dataclasses import replace

from billhook import PaymentProvider, SettingKind, hookimpl
from honest_gateway import HonestGateway

MESSAGE = "is 'secret' of kind TEXT by mistake?"


class Mutant(HonestGateway):
    name = "mutant_unverified__text_secret"
    settings = tuple(
        replace(each, kind=SettingKind.TEXT) if each.kind is SettingKind.SECRET else each
        for each in HonestGateway.settings
    )


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
