"""Sums, dates and instants as people read them. Pure but for the two settings of the current context.

The language comes from `billhook.i18n`, the time zone from `use_timezone`: both are set once per request or mail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from zoneinfo import ZoneInfo

from billhook.i18n import Catalogue, current_language, use_language
from billhook.money import Money

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
DEFAULT_TIMEZONE: Final = "Europe/Moscow"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ = Catalogue("billhook")
_timezone: ContextVar[str] = ContextVar("billhook_timezone", default=DEFAULT_TIMEZONE)


def set_timezone(name: str) -> None:
    """Show instants in the zone `name` (IANA) from here on in this context."""
    _timezone.set(name)


@contextmanager
def use_timezone(name: str) -> Iterator[None]:
    """Show instants in the zone `name` (IANA) inside the block."""
    token = _timezone.set(name)
    try:
        yield
    finally:
        _timezone.reset(token)


def money(amount: Money, language: str | None = None) -> str:
    """Return `5 000,00 руб.` in Russian, `RUB 5,000.00` in English.

    Groups are parted by NBSP in Russian and the whole never breaks over a line; a minus is U+2212.
    """
    language = language or current_language()
    number = figures(amount, language)
    unit = currency_word(amount.currency, language)
    if language == "ru":
        return f"{number}{NBSP}{unit}"
    sign, digits = (MINUS, number[1:]) if number.startswith(MINUS) else ("", number)
    return f"{sign}{unit}{NBSP}{digits}"


def figures(amount: Money, language: str | None = None) -> str:
    """Return the sum without its currency: `5 000,00` or `5,000.00`; `5 000` or `5,000` where it has no decimals."""
    language = language or current_language()
    number = f"{abs(amount.decimal):,f}"
    sign = MINUS if amount.minor < 0 else ""
    return sign + (number.replace(",", NBSP).replace(".", ",") if language == "ru" else number)


def currency_word(currency: str, language: str | None = None) -> str:
    """Return how a currency is written after or before a sum: `руб.`, `RUB`."""
    with use_language(language or current_language()):
        return str(_(currency))


def date(when: dt.date | dt.datetime) -> str:
    """Return `13.11.2020` in Russian, `13 Nov 2020` in English.

    An instant is taken in the current time zone. Raises ValueError for a naive one.
    """
    day = _local(when) if isinstance(when, dt.datetime) else when
    if current_language() == "ru":
        return f"{day:%d.%m.%Y}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def datetime(when: dt.datetime) -> str:
    """Return `13.11.2020, 18:05` or `13 Nov 2020, 18:05` in the current time zone.

    In the hour that the clock shows twice the offset is said: `25.10.2026, 02:30 (+01:00)`. Raises ValueError for a
    naive instant.
    """
    local = _local(when)
    return f"{date(when)}, {local:%H:%M}{_offset(local) if _comes_twice(local) else ''}"


def period(start: dt.datetime, end: dt.datetime) -> str:
    """Return which hour, day or time between two instants it is, in the current time zone.

    `13.11.2020, 12:00–13:00` within a day, `13.11.2020` for a whole day, `13.11.2020 – 13.12.2020` for whole days or
    for more than three of them, else both instants. Where the clock shows an hour twice, both ends are in the offset of
    the first, and it is said: `25.10.2026, 02:00–03:00 (+02:00)`. Raises ValueError for a naive instant.
    """
    first, last = _local(start), _local(end)
    offset = ""
    if _comes_twice(first) or _comes_twice(last):
        last = end.astimezone(dt.timezone(first.utcoffset() or dt.timedelta()))
        offset = _offset(first)
    if _is_midnight(first) and _is_midnight(last):
        days = (last.date() - first.date()).days
        return date(first.date()) if days == 1 else f"{date(first.date())} – {date(last.date())}"
    if end - start > dt.timedelta(days=3):
        return f"{date(first.date())} – {date(last.date())}"
    if first.date() == last.date():
        return f"{_minute(first)}–{last:%H:%M}{offset}"
    if _is_midnight(last) and last.date() - first.date() == dt.timedelta(days=1):
        return f"{_minute(first)}–24:00{offset}"
    return f"{_minute(first)} – {_minute(last)}{offset}"


def _minute(local: dt.datetime) -> str:
    return f"{date(local.date())}, {local:%H:%M}"


def _is_midnight(local: dt.datetime) -> bool:
    return local.time() == dt.time()


def _comes_twice(local: dt.datetime) -> bool:
    """Say whether the zone's clock shows this time twice."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _offset(local: dt.datetime) -> str:
    return f" ({local.isoformat(timespec='minutes')[16:]})"


def iso(when: dt.date | dt.datetime) -> str:
    """Return the machine-readable form for `<time datetime>`."""
    return when.isoformat()


def _local(when: dt.datetime) -> dt.datetime:
    if when.tzinfo is None:
        raise ValueError(f"{when!r} has no time zone")
    return when.astimezone(ZoneInfo(_timezone.get()))
