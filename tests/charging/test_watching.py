"""When a watched balance is worth another warning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from host_stub.domain.watching import has_risen, may_tell_charge

AT = datetime(2020, 11, 13, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("balance", "told_ago", "risen"),
    [
        (500_00, None, True),
        (499_99, None, False),
        (650_00, timedelta(hours=12), False),  # hovers
        (749_99, timedelta(hours=12), False),
        (750_00, timedelta(hours=12), True),  # a top-up that shall last
        (500_00, timedelta(days=3), True),
        (499_99, timedelta(days=30), False),
    ],
)
def test_another_fall_is_news_after_three_days_or_from_clearly_above(
    balance: int, told_ago: timedelta | None, risen: bool
) -> None:
    assert has_risen(balance, 500_00, AT - told_ago if told_ago else None, AT) is risen


def test_a_level_of_zero_knows_the_pause_alone() -> None:
    assert not has_risen(10_000_00, 0, AT - timedelta(days=2), AT)
    assert has_risen(0, 0, AT - timedelta(days=3), AT)


def test_below_zero_clearly_above_is_nearer_to_zero() -> None:
    assert not has_risen(-900_00, -1000_00, AT, AT)
    assert has_risen(-500_00, -1000_00, AT, AT)


def test_a_charge_is_told_once_a_day() -> None:
    assert may_tell_charge(None, AT)
    assert not may_tell_charge(AT - timedelta(hours=23), AT)
    assert may_tell_charge(AT - timedelta(days=1), AT)
