"""What a subscription costs and when, and whether a balance bears it. Sums are Money, instants aware UTC.

Hours and days are the clock's in the reseller's time zone and charged in full. A month runs from the instant of the
activation to the same day of the next month, or to its last day.

What is paid stays paid when the zone changes: the next period begins where it ends, reaches to the new zone's boundary
and costs its share of the whole one.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from billhook.money import Money

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


class Period(StrEnum):
    """How often a plan is charged, in advance."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class SubscriptionStatus(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    STOPPED = "stopped"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Span:
    """One paid period: from `start` up to but without `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """How a subscription is charged.

    price: of a day or a month; for an hourly plan of a calendar month. anchor: start of the current run of months.
    """

    period: Period
    price: Money
    zone: ZoneInfo
    anchor: datetime


def clock_span(period: Period, at: datetime, zone: ZoneInfo) -> Span:
    """Return the hour or day of the zone's clock that holds `at`.

    Hours are counted from the start of the calendar month, so those of a month follow each other without a gap or an
    overlap whatever its clock changes are.
    """
    if period is Period.DAY:
        today = at.astimezone(zone).date()
        return Span(_midnight(today, zone), _midnight(today + timedelta(days=1), zone))
    month = calendar_month(at, zone)
    start = month.start + _hours_before(at, month) * _HOUR
    return Span(start, min(start + _HOUR, month.end))


def calendar_month(at: datetime, zone: ZoneInfo) -> Span:
    """Return the calendar month of the zone that holds `at`."""
    first = at.astimezone(zone).date().replace(day=1)
    return Span(_midnight(first, zone), _midnight(_months_later(first, 1), zone))


def hours_in(month: Span) -> int:
    """Return how many hours a calendar month has: with clock changes 719, 721, 743, 745."""
    return math.ceil((month.end - month.start) / _HOUR)


def _hours_before(at: datetime, month: Span) -> int:
    return (at - month.start) // _HOUR


def period_after(terms: Terms, start: datetime) -> Span:
    """Return the period that begins at `start`, the end of what is paid."""
    if terms.period is not Period.MONTH:
        return Span(start, clock_span(terms.period, start, terms.zone).end)
    return Span(start, _month_of(terms, start).end)


def _month_of(terms: Terms, at: datetime) -> Span:
    """Return the month of the present run that holds `at`; before the run, the one that ends where it begins."""
    anchor = terms.anchor.astimezone(terms.zone)
    local = at.astimezone(terms.zone)
    months = (local.year - anchor.year) * 12 + local.month - anchor.month - 1
    while (end := _anchored(terms, months)) <= at:
        months += 1
    return Span(_anchored(terms, months - 1), end)


def _anchored(terms: Terms, months: int) -> datetime:
    local = terms.anchor.astimezone(terms.zone)
    moved = datetime.combine(_months_later(local.date(), months), local.time(), tzinfo=terms.zone)
    return moved.astimezone(UTC)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days_later(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which the zone's clock shows the same time so many days later."""
    local = at.astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=days), local.time(), tzinfo=zone).astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # A midnight that the clock skips becomes the instant of the skip, one that comes twice the first of the two.
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def resumed_terms(terms: Terms, at: datetime) -> Terms:
    """Return the terms of a subscription that is activated or resumed at `at`: a new run of months starts then."""
    return Terms(terms.period, terms.price, terms.zone, at)


def first_period(terms: Terms, paid_until: datetime | None, at: datetime) -> Span | None:
    """Return what has to be charged to run from `at` on; None if the current hour or day is paid.

    paid_until: end of what was paid before the stop. Stopped time is never charged.
    """
    if terms.period is Period.MONTH:
        return period_after(resumed_terms(terms, at), at)
    current = clock_span(terms.period, at, terms.zone)
    if paid_until is not None and paid_until >= current.end:
        return None
    return Span(max(current.start, paid_until or current.start), current.end)


def unused_month(terms: Terms, paid_until: datetime | None, stopped_at: datetime | None) -> timedelta:
    """Return what a stop left over of a paid month: as long runs on unpaid for at the resume, and then months follow.

    Zero for a stop at the end of what is paid, which is the ordinary one, and for hours and days: they are the clock's.
    """
    if terms.period is not Period.MONTH or paid_until is None or stopped_at is None:
        return timedelta()
    return max(paid_until - stopped_at, timedelta())


def cost(terms: Terms, span: Span) -> Money:
    """Return what a period costs: its share of the hour, day or month that holds it, and all of it if it is that.

    Only a changed time zone makes parts. An hour may cost nothing where a month costs less kopecks than it has hours.
    """
    whole = whole_period(terms, span.start)
    price = _whole_cost(terms, whole)
    length = (whole.end - whole.start) // _MICROSECOND

    def until(at: datetime) -> Money:
        return price.share((at - whole.start) // _MICROSECOND, length)

    return price if span == whole else until(span.end) - until(span.start)


def whole_period(terms: Terms, at: datetime) -> Span:
    """Return the hour or day of the clock, or the month of the present run, that holds `at`."""
    return _month_of(terms, at) if terms.period is Period.MONTH else clock_span(terms.period, at, terms.zone)


def _whole_cost(terms: Terms, whole: Span) -> Money:
    if terms.period is not Period.HOUR:
        return terms.price
    month = calendar_month(whole.start, terms.zone)
    return hourly_charge(terms.price, _hours_before(whole.start, month) + 1, hours_in(month))


def hourly_charge(monthly: Money, hour: int, hours_in_month: int) -> Money:
    """Return what one hour of a calendar month costs.

    hour: 1-based within the calendar month, in the reseller's time zone.

    Differences of rounded running totals: the hours of a month sum to `monthly` exactly.
    """
    return monthly.share(hour, hours_in_month) - monthly.share(hour - 1, hours_in_month)


def coming_charges(terms: Terms, paid_until: datetime, until: datetime) -> Iterator[tuple[Span, Money]]:
    """Yield the periods that start after what is paid and not after `until`, with their costs, in order."""
    start = paid_until
    while start <= until:
        span = period_after(terms, start)
        yield span, cost(terms, span)
        start = span.end


class Hold(StrEnum):
    """What happens to the credit hold."""

    ENTER = "enter"
    LEAVE = "leave"
    STAY = "stay"


def decide_hold(balance: Money, threshold: Money, *, on_hold: bool, to_resume: Money) -> Hold:
    """Decide after a single movement or a changed threshold.

    to_resume: the due charges of all stopped subscriptions together.
    """
    if not on_hold:
        return Hold.ENTER if balance < threshold else Hold.STAY
    return Hold.STAY if needed(balance, threshold, to_resume) else Hold.LEAVE


def needed(balance: Money, threshold: Money, to_resume: Money) -> Money:
    """Return the sum that ends the hold, never negative."""
    return Reckoning(balance, threshold, to_resume).needed


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What a sum that is missing is made of. due: charges that have to fit; threshold: what has to stay."""

    balance: Money
    threshold: Money
    due: Money

    @property
    def needed(self) -> Money:
        """What is missing, never negative."""
        lacking = self.threshold + self.due - self.balance
        return max(lacking, Money.zero(lacking.currency))


class Due(StrEnum):
    """What happens to a subscription whose paid period is over."""

    CHARGE = "charge"
    REFUSE = "refuse"  # the account enters the hold, the subscription stops
    STOP = "stop"  # in hold nothing is charged


def decide_due(balance: Money, threshold: Money, price: Money, *, on_hold: bool) -> Due:
    """Decide about one due charge."""
    if on_hold:
        return Due.STOP
    return Due.CHARGE if fits(balance, threshold, price) else Due.REFUSE


def fits(balance: Money, threshold: Money, price: Money) -> bool:
    """Say whether a charge leaves the balance at the threshold or above."""
    return balance - price >= threshold


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a movement changed, for the mail that tells of it. resumed, activated: names of subscriptions."""

    hold: Hold = Hold.STAY
    resumed: tuple[str, ...] = ()
    activated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charged:
    """A charge that is coming. counts: whether people are warned of it; hours only use up the balance."""

    at: datetime
    price: Money
    name: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A charge that will not fit. earlier: the charges before it together; missing: what all of them lack."""

    charge: Charged
    earlier: Money
    missing: Money


def first_uncovered(balance: Money, threshold: Money, coming: Sequence[Charged]) -> Uncovered | None:
    """Return the first charge that counts and will not fit; None if all of them do.

    missing = earlier + the charge's price + threshold - balance.
    """
    left = balance
    for charge in sorted(coming, key=lambda each: (each.at, each.counts)):
        if charge.counts and left - charge.price < threshold:
            return Uncovered(charge, balance - left, threshold - (left - charge.price))
        left -= charge.price
    return None
