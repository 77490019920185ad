"""A unit decides and acts at one instant, although the clock goes on while it works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from host_stub.adapters.clock import FixedClock
from host_stub.domain.charging import hourly_charge
from host_stub.persistence import Period, Reseller
from host_stub.persistence import SubscriptionStatus as Status
from host_stub.persistence.store import now
from host_stub.services.books import ledger
from tests.support.charging_world import ChargingWorld
from tests.support.world import an_account, rub

PRICE = "700.00"
HOURS = 720  # of November


class JumpingClock(FixedClock):
    """Stands still, and jumps over the full hour when it is asked for the n-th time."""

    def __init__(self, at: datetime, jump_at: int) -> None:
        super().__init__(at)
        self._left = jump_at

    def now(self) -> datetime:
        self._left -= 1
        if self._left == 0:
            self.advance(seconds=2)
        return super().now()


def before_a_dearer_hour() -> tuple[int, int]:
    """Return an hour of November that costs a kopeck less than the next one, and what it costs."""
    costs = {hour: hourly_charge(rub(PRICE), hour, HOURS).minor for hour in range(1, HOURS + 1)}
    hour = next(hour for hour in range(340, HOURS) if costs[hour + 1] == costs[hour] + 1)
    return hour, costs[hour]


def test_the_turn_of_the_hour_inside_a_unit_charges_nothing_that_was_not_found_to_fit(world: ChargingWorld) -> None:
    hour, price = before_a_dearer_hour()
    last_second = datetime(2020, 10, 31, 21, tzinfo=UTC) + timedelta(hours=hour, seconds=-1)

    for jump_at in range(1, 40):
        world.clock.set(last_second)
        with world.store.write() as session:
            world.account_id = an_account(session, session.get_one(Reseller, world.reseller_id)).id
        made = world.pending(Period.HOUR, PRICE)
        world.store.clock = JumpingClock(last_second, jump_at)
        world.credit(f"{price / 100:.2f}")
        world.store.clock = world.clock

        subscription = world.subscription(made)
        assert world.balance().minor >= 0
        assert subscription.status == Status.PENDING or subscription.next_charge_at is not None


def test_a_unit_stands_at_the_instant_when_it_got_its_lock(world: ChargingWorld) -> None:
    with world.store.write() as session:
        first = now(session)
        world.clock.advance(seconds=5)
        assert now(session) == first
        ledger.lock_account(session, world.account_id)
        assert now(session) == first + timedelta(seconds=5)
