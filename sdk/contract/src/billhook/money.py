"""Exact sums of money.

A sum is an integer number of minor units (kopecks, cents) with its currency. There is no float anywhere, and
nothing rounds except `Money.share`, which says how.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from billhook.errors import CurrencyMismatch, MalformedAmount

#: Digits after the point, ISO 4217. A currency that is not listed is refused rather than guessed.
MINOR_DIGITS: dict[str, int] = {"RUB": 2, "BYN": 2, "KZT": 2, "USD": 2, "EUR": 2}

#: Largest sum that fits a BIGINT with room to add a thousand of them.
MAX_MINOR = 9_000_000_000_000_000

_PLAIN = re.compile(r"\A-?[0-9]{1,16}(?:\.[0-9]+)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """A sum in one currency.

    minor: minor units, may be negative.
    currency: ISO 4217 letters, one of `MINOR_DIGITS`.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money takes whole minor units, not {type(self.minor).__name__}")
        if self.currency not in MINOR_DIGITS:
            raise MalformedAmount(self.currency, "unknown currency")
        if abs(self.minor) > MAX_MINOR:
            raise MalformedAmount(str(self.minor), "too large")

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Return the sum of `amount` major units.

        amount: Decimal, int or plain ASCII text with a point (`10.50`, `-3`). Digits beyond the currency's
            minor unit must be zero.
        Raises MalformedAmount; never rounds.
        """
        if isinstance(amount, str):
            if not _PLAIN.match(amount):
                raise MalformedAmount(amount, "not a plain decimal number")
            amount = Decimal(amount)
        value = Decimal(amount)
        if not value.is_finite():
            raise MalformedAmount(str(amount), "not a finite number")
        if currency not in MINOR_DIGITS:
            raise MalformedAmount(currency, "unknown currency")
        scaled = value.scaleb(MINOR_DIGITS[currency])
        # scaleb rounds to the context's 28 digits; comparing is exact and so notices what it lost.
        if scaled != scaled.to_integral_value() or scaled.scaleb(-MINOR_DIGITS[currency]) != value:
            raise MalformedAmount(str(amount), "more digits than the currency has")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """The sum in major units, with the currency's full number of decimals (`Decimal('5000.00')`)."""
        return Decimal(self.minor).scaleb(-MINOR_DIGITS[self.currency])

    def plain(self) -> str:
        """Return `10.50`: ASCII, a point, full decimals, no groups. For protocols, not for people."""
        return f"{self.decimal:f}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            raise TypeError("a sum is multiplied by whole numbers only; see Money.share")
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor > other.minor

    def __ge__(self, other: Money) -> bool:
        self._same(other)
        return self.minor >= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def share(self, numerator: int, denominator: int) -> Money:
        """Return `self * numerator / denominator`, rounded half up to the minor unit.

        Used for VAT inside a gross sum (`share(rate, 100 + rate)`) and for running totals of hourly charges.
        """
        exact = Decimal(self.minor) * numerator / Decimal(denominator)
        return Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), self.currency)
