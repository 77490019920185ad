"""What a period is and what it costs, over zones, clock changes and month ends."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from billhook import Money
from hypothesis import given, settings
from hypothesis import strategies as st

from host_stub.domain.charging import (
    Charged,
    Due,
    Hold,
    Period,
    Span,
    Terms,
    Uncovered,
    calendar_month,
    clock_span,
    coming_charges,
    cost,
    decide_due,
    decide_hold,
    first_period,
    first_uncovered,
    hourly_charge,
    hours_in,
    needed,
    period_after,
    whole_period,
)
from tests.support.world import rub

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
# With clock changes at midnight, by half an hour, by a skipped day, and offsets that are no whole hours.
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Moscow",
        "Europe/Minsk",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "America/Havana",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "UTC",
    )
]
instants = st.datetimes(datetime(2009, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(ZONES)
prices = st.integers(1, 10_000_000).map(lambda minor: Money(minor, "RUB"))


def local(zone: ZoneInfo, *when: int) -> datetime:
    return datetime(*when, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]


def monthly(anchor: datetime, zone: ZoneInfo = MOSCOW) -> Terms:
    return Terms(Period.MONTH, rub("300.00"), zone, anchor)


def hourly(price: str = "720.00", zone: ZoneInfo = MOSCOW) -> Terms:
    return Terms(Period.HOUR, rub(price), zone, datetime(2020, 1, 1, tzinfo=UTC))


@given(price=prices, at=instants, zone=zones)
def test_the_hours_of_a_month_sum_to_the_price_exactly(price: Money, at: datetime, zone: ZoneInfo) -> None:
    hours = hours_in(calendar_month(at, zone))

    total = sum(hourly_charge(price, hour, hours).minor for hour in range(1, hours + 1))

    assert total == price.minor


@settings(max_examples=40)
@given(price=prices, at=instants, zone=zones)
def test_charging_hour_after_hour_through_a_month_takes_its_price(price: Money, at: datetime, zone: ZoneInfo) -> None:
    month = calendar_month(at, zone)
    terms = Terms(Period.HOUR, price, zone, at)

    total, start = 0, month.start
    while start < month.end:
        span = period_after(terms, start)
        total, start = total + cost(terms, span).minor, span.end

    assert total == price.minor
    assert start == month.end


@given(at=instants, zone=zones, period=st.sampled_from([Period.HOUR, Period.DAY]))
def test_a_clock_period_holds_its_instant_and_joins_the_next(at: datetime, zone: ZoneInfo, period: Period) -> None:
    span = clock_span(period, at, zone)

    assert span.start <= at < span.end
    assert clock_span(period, span.start, zone) == span
    assert clock_span(period, span.end, zone).start == span.end


@given(anchor=instants, zone=zones, months=st.integers(1, 30))
def test_months_follow_each_other_and_never_drift(anchor: datetime, zone: ZoneInfo, months: int) -> None:
    terms = monthly(anchor, zone)
    start = anchor
    for _month in range(months):
        span = period_after(terms, start)
        assert span.start == start < span.end
        start = span.end

    first = anchor.astimezone(zone).date()
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    expected = date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))
    # Where the clock skips the hour (or, once in Samoa, the day), the month begins right after.
    assert start.astimezone(zone).date() - expected in (timedelta(), timedelta(days=1))


def test_hours_with_clock_changes_are_counted() -> None:
    counted = [hours_in(calendar_month(local(BERLIN, 2026, month, 15), BERLIN)) for month in (2, 3, 4, 10)]

    assert counted == [672, 743, 720, 745]


def test_an_hour_costs_the_difference_of_rounded_running_totals() -> None:
    price = rub("1000.00")

    assert [hourly_charge(price, hour, 720).minor for hour in (1, 2, 3, 4, 720)] == [139, 139, 139, 139, 139]
    assert [hourly_charge(rub("0.05"), hour, 10).minor for hour in range(1, 11)] == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]


def test_a_day_is_the_clocks_in_the_resellers_zone() -> None:
    span = clock_span(Period.DAY, datetime(2020, 11, 13, 20, 59, tzinfo=UTC), MOSCOW)

    assert (span.start, span.end) == (local(MOSCOW, 2020, 11, 13), local(MOSCOW, 2020, 11, 14))


def test_a_day_with_a_clock_change_is_charged_like_any_other() -> None:
    span = clock_span(Period.DAY, local(BERLIN, 2026, 3, 29, 12), BERLIN)

    assert span.end - span.start == timedelta(hours=23)
    assert cost(Terms(Period.DAY, rub("10.00"), BERLIN, span.start), span) == rub("10.00")


def test_a_month_from_the_31st_ends_on_the_last_day_and_finds_back() -> None:
    terms = monthly(local(MOSCOW, 2025, 1, 31, 15))

    ends, start = [], terms.anchor
    for _month in range(4):
        start = period_after(terms, start).end
        ends.append(start.astimezone(MOSCOW).strftime("%d.%m %H"))

    assert ends == ["28.02 15", "31.03 15", "30.04 15", "31.05 15"]


def test_a_leap_day_is_found_again() -> None:
    terms = monthly(local(MOSCOW, 2024, 2, 29))
    start = terms.anchor
    for _month in range(48):
        start = period_after(terms, start).end

    assert start == local(MOSCOW, 2028, 2, 29)


def test_a_month_is_reckoned_in_the_resellers_zone_not_in_utc() -> None:
    late = local(MOSCOW, 2026, 1, 1, 1)  # still December in UTC

    assert period_after(monthly(late), late).end == local(MOSCOW, 2026, 2, 1, 1)


@settings(max_examples=150)
@given(
    at=instants, price=prices, former=zones, zone=zones, period=st.sampled_from(list(Period)), count=st.integers(1, 40)
)
def test_after_a_changed_zone_periods_join_and_cost_what_their_time_costs(
    at: datetime, price: Money, former: ZoneInfo, zone: ZoneInfo, period: Period, count: int
) -> None:
    paid = first_period(Terms(period, price, former, at), None, at)
    assert paid is not None
    terms = Terms(period, price, zone, at)

    first, rest = period_after(terms, paid.end), []
    start = first.end
    for _each in range(count):
        rest.append(period_after(terms, start))
        start = rest[-1].end

    whole = whole_period(terms, first.start)
    assert whole.start <= first.start < first.end == whole.end
    before = Span(whole.start, first.start)
    assert first == whole or cost(terms, before) + cost(terms, first) == cost(terms, whole)
    assert all(span == whole_period(terms, span.start) for span in rest)
    if period is not Period.HOUR:
        assert {cost(terms, span) for span in rest} == {price}


@pytest.mark.parametrize(
    ("period", "paid_until", "ends", "costs"),
    [
        (Period.DAY, (2026, 5, 4, 15), (2026, 5, 5), "9.00"),  # midnight of Kamchatka; 9 of 24 hours
        (Period.MONTH, (2026, 4, 29, 20), (2026, 4, 30, 20), "0.77"),  # from the 29th to the 30th: 1 of 31 days
        (Period.HOUR, (2026, 5, 4, 14, 30), (2026, 5, 4, 15), "0.50"),  # half an hour of Kolkata's
    ],
)
def test_a_running_period_is_carried_to_the_new_zones_boundary_for_its_share(
    period: Period, paid_until: tuple[int, ...], ends: tuple[int, ...], costs: str
) -> None:
    price = rub("744.00" if period is Period.HOUR else "24.00")
    terms = Terms(period, price, MOSCOW, local(MOSCOW, 2026, 3, 30, 20))

    span = period_after(terms, local(MOSCOW, *paid_until))

    assert (span.end, cost(terms, span)) == (local(MOSCOW, *ends), rub(costs))


def test_a_resumed_hour_that_is_paid_is_not_taken_again() -> None:
    at = local(MOSCOW, 2026, 5, 4, 10, 40)

    assert first_period(hourly(), local(MOSCOW, 2026, 5, 4, 11), at) is None
    taken = first_period(hourly(), local(MOSCOW, 2026, 5, 4, 10), at)
    assert taken is not None
    assert taken.start == local(MOSCOW, 2026, 5, 4, 10)


def test_a_resumed_month_starts_then() -> None:
    at = local(MOSCOW, 2026, 5, 20, 9, 30)

    span = first_period(monthly(local(MOSCOW, 2026, 4, 3)), local(MOSCOW, 2026, 5, 3), at)

    assert span is not None
    assert (span.start, span.end) == (at, local(MOSCOW, 2026, 6, 20, 9, 30))


@pytest.mark.parametrize(
    ("balance", "on_hold", "to_resume", "decided"),
    [
        ("0.00", False, "0.00", Hold.STAY),
        ("-0.01", False, "0.00", Hold.ENTER),
        ("-0.01", True, "0.00", Hold.STAY),
        ("0.00", True, "0.00", Hold.LEAVE),
        ("9.99", True, "10.00", Hold.STAY),
        ("10.00", True, "10.00", Hold.LEAVE),
    ],
)
def test_the_hold_is_decided(balance: str, on_hold: bool, to_resume: str, decided: Hold) -> None:
    assert decide_hold(rub(balance), rub("0.00"), on_hold=on_hold, to_resume=rub(to_resume)) is decided


@pytest.mark.parametrize(
    ("balance", "threshold", "on_hold", "decided"),
    [
        ("10.00", "0.00", False, Due.CHARGE),
        ("9.99", "0.00", False, Due.REFUSE),
        ("-5.00", "-15.00", False, Due.CHARGE),
        ("14.99", "5.00", False, Due.REFUSE),
        ("100.00", "0.00", True, Due.STOP),
    ],
)
def test_a_due_charge_is_decided(balance: str, threshold: str, on_hold: bool, decided: Due) -> None:
    assert decide_due(rub(balance), rub(threshold), rub("10.00"), on_hold=on_hold) is decided


def test_the_sum_that_ends_the_hold_is_never_negative() -> None:
    assert needed(rub("50.00"), rub("0.00"), rub("10.00")) == rub("0.00")
    assert needed(rub("-5.00"), rub("-2.00"), rub("10.00")) == rub("13.00")


def test_the_first_charge_that_will_not_fit_counts_the_hours_before_it() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    hours = [Charged(at + timedelta(hours=n), rub("1.00"), "hour", counts=False) for n in range(10)]
    month = Charged(at + timedelta(hours=5), rub("20.00"), "month", counts=True)

    fits = first_uncovered(rub("26.00"), rub("0.00"), [*hours, month])
    lacks = first_uncovered(rub("25.99"), rub("0.00"), [*hours, month])

    assert fits is None
    assert lacks == Uncovered(month, earlier=rub("6.00"), missing=rub("0.01"))


def test_coming_charges_go_up_to_the_day_that_is_asked_for() -> None:
    paid = local(MOSCOW, 2026, 5, 2)
    daily = Terms(Period.DAY, rub("10.00"), MOSCOW, paid)

    coming = list(coming_charges(daily, paid, local(MOSCOW, 2026, 5, 4)))

    assert [span.start for span, _price in coming] == [local(MOSCOW, 2026, 5, d) for d in (2, 3, 4)]
