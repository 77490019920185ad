"""The price of a plan in words."""

from __future__ import annotations

from typing import Final

from billhook import Catalogue, LazyText, formats

from host_stub.domain.charging import Period
from host_stub.services.reading.plans import Plan

_ = Catalogue("host_stub")

PERIODS: Final = {
    Period.HOUR: _("every hour"),
    Period.DAY: _("every day"),
    Period.MONTH: _("every month"),
}


def price_words(plan: Plan) -> LazyText:
    """Return «500,00 руб. в месяц»; an hourly plan states its monthly price."""
    amount = formats.money(plan.price)
    match plan.period:
        case Period.HOUR:
            return _("{amount} a month, charged hourly", amount=amount)
        case Period.DAY:
            return _("{amount} a day", amount=amount)
        case Period.MONTH:
            return _("{amount} a month", amount=amount)
