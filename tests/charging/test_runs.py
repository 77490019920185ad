"""Runs of the charging job: outages, crashes, broken accounts, several workers, and what holds for any sequence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from host_stub.domain.charging import Period as Counted
from host_stub.domain.charging import clock_span, cost, period_after
from host_stub.persistence import Account, Charge, Entry, Leg, Period, Reseller, Store, Subscription
from host_stub.persistence import SubscriptionStatus as Status
from host_stub.services.charges import charging, charging_failures, holds, running, subscriptions
from tests.conftest import LETTER_DAY
from tests.support.charging_world import ChargingWorld
from tests.support.proving import doubts
from tests.support.world import MANAGER, a_reseller, an_account, rub

HOUR = timedelta(hours=1)


def hours(world: ChargingWorld, subscription_id: int) -> list[int]:
    """Return the charged hours of the day, in Moscow, in the order in which they were charged."""
    with world.store.read() as session:
        query = select(Charge).where(Charge.subscription_id == subscription_id).order_by(Charge.id)
        return [charge.period_start.hour + 3 for charge in session.scalars(query)]


def test_missed_hours_are_charged_in_order_each_once(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.HOUR, "720.00")
    world.clock.advance(hours=5)

    world.run()
    world.run()

    assert hours(world, made) == [12, 13, 14, 15, 16, 17]
    assert world.balance() == rub("94.00")


def test_after_an_outage_the_hold_is_decided_period_by_period(world: ChargingWorld) -> None:
    world.credit("3.50")
    made = world.running(Period.HOUR, "720.00")
    world.clock.advance(hours=8)

    world.run()

    assert hours(world, made) == [12, 13, 14]
    assert world.balance() == rub("0.50")
    assert world.needed() == rub("0.50")
    assert world.subscription(made).status == Status.STOPPED


def test_all_that_falls_due_at_one_instant_is_decided_together_oldest_subscription_first(world: ChargingWorld) -> None:
    world.credit("5.00")
    first, second = world.running(Period.HOUR, "720.00", "A"), world.running(Period.HOUR, "1440.00", "B")
    world.clock.advance(hours=1)

    world.run()

    assert world.balance() == rub("1.00")
    assert world.subscription(first).status == Status.ACTIVE  # paid for this hour, stops when it is over
    assert world.subscription(second).status == Status.STOPPED


def test_a_run_goes_on_where_a_crash_ended_the_one_before(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.HOUR, "720.00")
    world.clock.advance(hours=4)
    commits = 0

    def crash_at_the_third(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits == 3:
            raise KeyboardInterrupt

    event.listen(world.store.engine, "commit", crash_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        charge_all(world)
    event.remove(world.store.engine, "commit", crash_at_the_third)
    before = hours(world, made)
    world.run()

    assert before == [12, 13, 14]
    assert hours(world, made) == [12, 13, 14, 15, 16]


def charge_all(world: ChargingWorld) -> None:
    while charging.charge_earliest(world.store, world.account_id):
        pass


def test_two_workers_at_once_charge_each_period_once(world: ChargingWorld) -> None:
    world.credit("1000.00")
    made = [world.running(Period.HOUR, "720.00", str(n)) for n in range(3)]
    world.clock.advance(hours=6)
    start = Barrier(4)

    def run(_number: int) -> None:
        start.wait()
        charging.run_due(world.store)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))

    assert [hours(world, s) for s in made] == [[12, 13, 14, 15, 16, 17, 18]] * 3


def test_an_hour_that_costs_nothing_moves_on_without_a_movement(world: ChargingWorld) -> None:
    world.credit("1.00")
    made = world.running(Period.HOUR, "0.02")  # November has 720 hours: two of them cost a kopeck
    world.clock.advance(hours=3)

    world.run()

    assert world.charges(made) == []
    assert world.subscription(made).next_charge_at == datetime(2020, 11, 13, 13, tzinfo=UTC)


def test_one_broken_account_never_stops_the_others(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.DAY, "10.00")
    broken = broken_account(world)
    world.clock.advance(days=1)

    world.run()

    assert world.balance() == rub("80.00")
    assert len(world.charges(made)) == 2
    with world.store.read() as session:
        (failure,) = charging_failures.failing(session)
    assert failure.account_id == broken
    assert "Nowhere" in failure.error
    assert world.logged("account", broken)[-1] == "account.charging_failed"


def test_a_broken_account_is_left_alone_for_a_while_and_charged_when_it_is_mended(world: ChargingWorld) -> None:
    broken = broken_account(world)
    world.clock.advance(days=1)
    world.run()
    world.run()
    with world.store.write() as session:
        (failure,) = charging_failures.failing(session)
        session.get_one(Reseller, failure.reseller_id).timezone = "Europe/Moscow"
        tries = failure.count

    world.clock.advance(minutes=2)
    world.run()

    assert tries == 1
    assert world.balance(broken) == rub("80.00")
    with world.store.read() as session:
        assert charging_failures.failing(session) == []


def broken_account(world: ChargingWorld) -> int:
    """Return an account with a running daily subscription whose reseller's time zone does not exist any more."""
    with world.store.write() as session:
        reseller = a_reseller(session, "ИП Сидоров")
        account = an_account(session, reseller)
    plan_world = ChargingWorld.__new__(ChargingWorld)
    plan_world.__dict__.update(world.__dict__, reseller_id=reseller.id, account_id=account.id, _tokens=100)
    plan_world.credit("100.00")
    plan_world.running(Period.DAY, "10.00")
    with world.store.write() as session:
        session.get_one(Reseller, reseller.id).timezone = "Nowhere/Nothing"
    return account.id


def test_a_missed_hour_that_is_dearer_than_the_present_one_begins_no_hold_over_nothing(world: ChargingWorld) -> None:
    made = world.running(Period.HOUR, "0.02")  # two hours of the month cost a kopeck, all others nothing
    with world.store.read() as session:
        terms = running.terms_of(session, session.get_one(Subscription, made))
        hour = period_after(terms, clock_span(Counted.HOUR, world.clock.now(), terms.zone).end)
    while not cost(terms, hour):
        hour = period_after(terms, hour.end)
    world.clock.advance(seconds=int((hour.start - world.clock.now()).total_seconds()) + 5400)

    world.run()

    assert world.subscription(made).status == Status.ACTIVE
    assert world.charges(made) == []
    assert "account.hold_entered" not in world.logged("account", world.account_id)


Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("credit"), st.integers(1, 3000)),
        st.tuples(st.just("debit"), st.integers(1, 500)),
        st.tuples(st.just("hours"), st.integers(1, 60)),
        st.tuples(st.just("threshold"), st.integers(-1000, 500)),
        st.tuples(st.just("delete"), st.integers(0, 3)),
    ),
    min_size=3,
    max_size=12,
)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequence=steps)
def test_whatever_happens_no_charge_goes_below_the_threshold_and_every_period_is_charged_once(
    store: Store, world: ChargingWorld, sequence: list[Step]
) -> None:
    world.clock.set(LETTER_DAY)  # examples share the fixture: each begins on the same day
    with store.write() as session:
        reseller = session.get_one(Reseller, world.reseller_id)
        world.account_id = an_account(session, reseller).id
    made = [
        world.pending(period, price)
        for period, price in (
            (Period.HOUR, "700.00"),
            (Period.DAY, "7.77"),
            (Period.MONTH, "15.00"),
            (Period.HOUR, "9"),
        )
    ]

    for verb, number in sequence:
        take_step(world, made, verb, number)
        check_invariants(world)

    with store.read() as session:
        assert doubts(session) == []


def take_step(world: ChargingWorld, made: list[int], verb: str, number: int) -> None:
    match verb:
        case "credit":
            world.credit(f"{number / 100:.2f}")
        case "debit":
            world.credit(f"-{number / 100:.2f}")
        case "hours":
            world.clock.advance(hours=number)
            charging.reconsider_holds(world.store)
            world.run()
        case "threshold":
            sum_ = rub(f"{number / 100:.2f}")
            subscriptions.change_threshold(world.store, world.scope, world.account_id, sum_, by=MANAGER)
        case "delete" if world.subscription(made[number]).status != Status.DELETED:
            subscriptions.delete(world.store, world.scope, made[number], by=MANAGER)


def check_invariants(world: ChargingWorld) -> None:
    with world.store.read() as session:
        account = session.get_one(Account, world.account_id)
        now = world.clock.now()
        entries = session.scalars(
            select(Entry).where(Entry.account_id == account.id, Entry.leg == Leg.CUSTOMER).order_by(Entry.id)
        ).all()
        charges = session.scalars(
            select(Charge).where(Charge.account_id == account.id).order_by(Charge.subscription_id, Charge.period_start)
        ).all()
        live = session.scalars(running.of_account(account, Status.ACTIVE, Status.STOPPED)).all()
        summary = holds.hold_summary(session, account)
    assert entries == [] or entries[-1].balance_after_minor == account.balance_minor
    for earlier, later in pairwise(charges):
        if earlier.subscription_id == later.subscription_id:
            assert earlier.period_end <= later.period_start
    stopped = [s for s in live if s.status == Status.STOPPED]
    if summary.on_hold:
        assert summary.needed.minor > 0
    else:
        assert account.balance_minor >= account.threshold_minor
        assert stopped == []
    assert all(s.next_charge_at is not None and s.next_charge_at > now for s in live if s.status == Status.ACTIVE)


def test_no_charge_takes_the_balance_below_the_threshold(world: ChargingWorld) -> None:
    world.credit("10.00")
    world.running(Period.HOUR, "700.00")
    for _hour in range(30):
        world.clock.advance(hours=1)
        world.run()

    with world.store.read() as session:
        lowest = min(e.balance_after_minor or 0 for e in session.scalars(select(Entry).where(Entry.account_id > 0)))
    assert lowest >= 0


def test_a_subscription_that_was_paid_is_not_lost_by_a_second_activation(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.pending(Period.DAY, "10.00")
    start = Barrier(2)

    def activate(_number: int) -> str:
        start.wait()
        try:
            subscriptions.activate(world.store, world.scope, made, by=MANAGER)
        except Exception as error:  # noqa: BLE001
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(activate, range(2)))

    assert results == ["SubscriptionClosed", "done"]
    assert world.balance() == rub("90.00")
    with world.store.read() as session:
        assert session.get_one(Subscription, made).desired_version == 1
