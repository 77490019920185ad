"""Labels a setting in English alone."""

from __future__ import annotations

from billhook import Catalogue, Instructions, PaymentProvider, Setting, SettingKind, StartRequest, hookimpl

MESSAGE = "the label of setting 'desk' is the plain text 'Desk'"
_ = Catalogue("mutant_translations__label")


class Mutant(PaymentProvider):
    name = "mutant_translations__label"
    title = _("Counter")
    starts = (Instructions,)
    settings = (Setting("desk", SettingKind.TEXT, "Desk"), Setting("inn", SettingKind.TEXT, "INN"))

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("mutant_translations__label/counter.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Mutant]
