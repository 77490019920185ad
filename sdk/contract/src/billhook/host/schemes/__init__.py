"""Requisites and taxes by scheme: which fields a seller of a country has, and what is wrong with them.

A scheme is pure: it reads what people paste, judges it in words that belong to a field, and says which rate is in
force.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import ClassVar, Final

from billhook.settings import Finding, Text
from billhook.views import TaxPeriod


@dataclass(frozen=True, slots=True)
class SchemeField:
    """A requisite. maximum: of what may be typed, in characters; what is kept of it is often shorter."""

    key: str
    label: Text
    maximum: int
    help: Text = ""
    default: str = ""
    group: Text = ""


@dataclass(frozen=True, slots=True)
class Regime:
    """From a day on, under this tax system, with VAT charged in this way."""

    since: date
    regime: str
    vat: str


class Scheme(ABC):
    """The requisites of a country's sellers.

    currencies: of its resellers. requisites, account: fields of the seller and of each bank account. regimes, vats: the
    words for tax systems and ways of VAT, with their labels.
    """

    name: ClassVar[str]
    currencies: ClassVar[tuple[str, ...]]
    requisites: ClassVar[tuple[SchemeField, ...]]
    account: ClassVar[tuple[SchemeField, ...]]
    regimes: ClassVar[tuple[tuple[str, Text], ...]]
    vats: ClassVar[tuple[tuple[str, Text], ...]]
    table: ClassVar[str]  # version of the table of rates

    @abstractmethod
    def read_requisites(self, typed: Mapping[str, str]) -> tuple[dict[str, str], list[Finding]]:
        """Return the requisites bare, as they are kept, and what is wrong with them; an ERROR keeps them from that."""

    @abstractmethod
    def read_account(self, typed: Mapping[str, str]) -> tuple[dict[str, str], list[Finding]]:
        """Return a bank account bare, as it is kept, and what is wrong with it."""

    @abstractmethod
    def account_title(self, values: Mapping[str, str]) -> str:
        """Return what a bank account is called where several are to choose from."""

    @abstractmethod
    def tax_fault(self, regime: Regime) -> Finding | None:
        """Return what is wrong with a regime by itself; `setting` names the field: since, regime or vat."""

    @abstractmethod
    def rates(self, vat: str) -> Sequence[tuple[date, int | None]]:
        """Return the percent by the day since when it is in force, earliest first. Raises KeyError: unknown way."""

    def periods(self, regimes: Iterable[Regime]) -> tuple[TaxPeriod, ...]:
        """Return the periods of a seller, a new one at each change of the regime or of its rate.

        regimes: in any order, at most one a day.
        """
        known = sorted(regimes, key=lambda each: each.since)
        ends = [each.since for each in known[1:]]
        return tuple(
            TaxPeriod(since, each.regime, each.vat, rate, self.table)
            for each, end in zip_longest(known, ends)
            for since, rate in self._between(each, end)
        )

    def _between(self, regime: Regime, end: date | None) -> list[tuple[date, int | None]]:
        changes = [(regime.since, self.rate_on(regime.vat, regime.since))]
        for day, rate in self.rates(regime.vat):
            if day > regime.since and (end is None or day < end):
                changes.append((day, rate))
        return changes

    def rate_on(self, vat: str, day: date) -> int | None:
        """Return the percent in force on a day, None where there is no VAT then. Raises KeyError."""
        in_force = [rate for since, rate in self.rates(vat) if since <= day]
        return in_force[-1] if in_force else None


def labelled(choices: Collection[tuple[str, Text]], value: str) -> Text:
    """Return the label of a value, the value itself where there is none."""
    return dict(choices).get(value, value)


def _known() -> Mapping[str, Scheme]:
    from billhook.host.schemes.ru import Russian

    return {Russian.name: Russian()}


#: By name.
SCHEMES: Final[Mapping[str, Scheme]] = _known()


def scheme_for(currency: str) -> Scheme | None:
    """Return the scheme of resellers who sell in a currency, None where nobody knows one."""
    return next((each for each in SCHEMES.values() if currency in each.currencies), None)
