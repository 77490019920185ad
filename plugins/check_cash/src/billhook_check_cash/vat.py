"""Value added tax inside a gross sum, by the seller's regime and a date.

The rates are dated data: an issued bill keeps what it was issued with (rate, basis, amount, table version) and is never
computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from billhook import Money

#: Changes with every edit of `RATES`; stands on each issued document.
TABLE_VERSION: Final = "ru-2026-01-01"


class Regime(StrEnum):
    """How the seller is taxed."""

    GENERAL = "general"
    USN5 = "usn5"
    USN7 = "usn7"
    NONE = "none"


class Basis(StrEnum):
    """What the sum says about the tax."""

    INCLUDED = "included"
    NONE = "none"


#: By regime: since when, percent. Before the first row there was no such tax.
#: Sources: general 18 % until 2018; 20 % by law 303-FZ; 22 % by law 425-FZ of 28.11.2025; the simplified system's
#: 5 % and 7 % by law 176-FZ, since 2025.
RATES: Final[dict[Regime, tuple[tuple[date, int], ...]]] = {
    Regime.GENERAL: ((date(2004, 1, 1), 18), (date(2019, 1, 1), 20), (date(2026, 1, 1), 22)),
    Regime.USN5: ((date(2025, 1, 1), 5),),
    Regime.USN7: ((date(2025, 1, 1), 7),),
    Regime.NONE: (),
}


@dataclass(frozen=True, slots=True)
class Vat:
    """The tax inside one gross sum.

    rate: percent, 0 where the basis is NONE. amount: rounded half up to the kopeck.
    """

    regime: Regime
    basis: Basis
    rate: int
    amount: Money
    table_version: str = TABLE_VERSION

    def frozen(self) -> dict[str, object]:
        """Return what an issued document keeps, JSON-able."""
        return {
            "regime": self.regime.value,
            "basis": self.basis.value,
            "rate": self.rate,
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "table_version": self.table_version,
        }


def rate_on(regime: Regime, day: date) -> int | None:
    """Return the percent in force on `day`, or None where the regime has no tax then."""
    in_force = [percent for since, percent in RATES[regime] if since <= day]
    return in_force[-1] if in_force else None


def vat_inside(gross: Money, regime: Regime, day: date) -> Vat:
    """Return the tax that `gross` contains on `day`: gross * rate / (100 + rate), half up."""
    rate = rate_on(regime, day)
    if rate is None:
        return Vat(regime, Basis.NONE, 0, Money.zero(gross.currency))
    return Vat(regime, Basis.INCLUDED, rate, gross.share(rate, 100 + rate))
