"""A reseller moves to another time zone while periods run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from host_stub.persistence import Period, Reseller
from host_stub.persistence.store import fetch
from host_stub.services.money_in import payments
from tests.support.charging_world import ChargingWorld
from tests.support.world import CUSTOMER, rub


def move(world: ChargingWorld, zone: str) -> None:
    with world.store.write() as session:
        fetch(session, Reseller, world.reseller_id, lock=True).timezone = zone


def test_from_kamchatka_to_moscow_at_noon_a_short_day_costs_its_share(world: ChargingWorld) -> None:
    move(world, "Asia/Kamchatka")
    world.credit("1000.00")
    made = world.running(Period.DAY, "24.00")  # at noon in Moscow, 21:00 in Kamchatka

    move(world, "Europe/Moscow")
    world.clock.advance(days=2)
    world.run()

    charges = world.charges(made)
    assert [each.amount_minor for each in charges] == [24_00, 9_00, 24_00, 24_00]
    assert [each.period_end - each.period_start for each in charges[1:]] == [
        timedelta(hours=9),
        timedelta(hours=24),
        timedelta(hours=24),
    ]
    assert all(earlier.period_end == later.period_start for earlier, later in pairwise(charges))


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("Europe/Berlin", datetime(2026, 11, 9, 11, tzinfo=UTC)),  # noon before and after the end of summer time
        ("Europe/Moscow", datetime(2026, 11, 9, 10, tzinfo=UTC)),
    ],
)
def test_a_lifetime_of_30_days_ends_by_the_calendar(world: ChargingWorld, zone: str, ends: datetime) -> None:
    move(world, zone)
    world.clock.set(datetime(2026, 10, 10, 10, tzinfo=UTC))

    payment_id = payments.start_top_up(
        world.store, world.scope, payments.TopUp(world.account_id, rub("100.00")), by=CUSTOMER
    )

    with world.store.read() as session:
        assert fetch(session, payments.Payment, payment_id).expires_at == ends
