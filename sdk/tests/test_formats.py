"""Instants and periods as people read them, where the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from billhook import formats

BERLIN = "Europe/Berlin"
MIDNIGHT = datetime(2026, 10, 25, 0, tzinfo=UTC)  # 02:00 in Berlin, the last hour of summer time


@pytest.mark.parametrize(
    ("hours_later", "told"),
    [
        (-2, "25.10.2026, 00:00–01:00"),
        (-1, "25.10.2026, 01:00–02:00 (+02:00)"),
        (0, "25.10.2026, 02:00–03:00 (+02:00)"),
        (1, "25.10.2026, 02:00–03:00 (+01:00)"),
        (2, "25.10.2026, 03:00–04:00"),
    ],
)
def test_the_hours_at_the_end_of_summer_time_are_told_apart_by_their_offset(hours_later: int, told: str) -> None:
    start = MIDNIGHT + timedelta(hours=hours_later)

    with formats.use_timezone(BERLIN):
        assert formats.period(start, start + timedelta(hours=1)) == told


def test_an_instant_that_the_clock_shows_twice_says_its_offset() -> None:
    with formats.use_timezone(BERLIN):
        told = [formats.datetime(MIDNIGHT + timedelta(minutes=minutes)) for minutes in (-30, 30, 90, 150)]

    assert told == [
        "25.10.2026, 01:30",
        "25.10.2026, 02:30 (+02:00)",
        "25.10.2026, 02:30 (+01:00)",
        "25.10.2026, 03:30",
    ]


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (datetime(2026, 10, 24, 22), datetime(2026, 10, 25, 23), "25.10.2026"),  # a day of 25 hours
        (datetime(2026, 11, 1, 12), datetime(2026, 11, 1, 23), "01.11.2026, 13:00–24:00"),  # a part of a day
        (datetime(2026, 11, 1, 12), datetime(2026, 11, 2, 12), "01.11.2026, 13:00 – 02.11.2026, 13:00"),
        (datetime(2026, 11, 1, 12), datetime(2026, 12, 1, 12), "01.11.2026 – 01.12.2026"),
    ],
)
def test_a_whole_day_is_a_date_and_a_part_shows_its_ends(start: datetime, end: datetime, told: str) -> None:
    with formats.use_timezone(BERLIN):
        assert formats.period(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)) == told
