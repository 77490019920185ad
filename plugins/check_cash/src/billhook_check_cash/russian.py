"""Sums and dates as Russian documents write them, whatever the language of the page."""

# billhook: Russian by law: what a bank's papers say does not follow the reader's language.
from __future__ import annotations

from datetime import date
from typing import Final

from billhook import Money, formats

NBSP: Final = "\u00a0"
#: What stands on a bill until the reseller writes one.
SERVICE: Final = "Предоплата за услуги хостинга"
VAT: Final = "НДС"
BASIS: Final = "Договор-оферта"
NOTICE: Final = "Оплата данного счета означает согласие с условиями договора-оферты."
_MONTHS: Final = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


def figures(amount: Money) -> str:
    """Return «5 000,00»: no-break groups, a comma."""
    return formats.figures(amount, "ru")


def plain_figures(amount: Money) -> str:
    """Return «5000,00» for text that is pasted into a payment order: no groups, no special blanks."""
    return amount.plain().replace(".", ",")


def short_date(day: date) -> str:
    """Return «13.11.2020»."""
    return f"{day:%d.%m.%Y}"


def long_date(day: date) -> str:
    """Return «13 ноября 2020 г.» with no-break blanks."""
    return f"{day.day}{NBSP}{_MONTHS[day.month - 1]} {day.year}{NBSP}г."
