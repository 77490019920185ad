"""Sentences that are stored or sent, in the language of whoever reads them."""

from __future__ import annotations

from billhook import Catalogue, Money, formats
from billhook.i18n import use_language

_ = Catalogue("host_stub")


def describe_payment(amount: Money, language: str) -> str:
    """Return «Пополнение баланса на сумму 5 000,00 руб.»."""
    with use_language(language):
        return str(_("Balance top-up of {amount}", amount=formats.money(amount, language)))
