"""A reseller is closed while the worker charges, payments are started and gateways call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from billhook import PaymentPaid
from sqlalchemy import func, select

from host_stub.domain.errors import RefusedError, ResellerClosed, SubscriptionClosed
from host_stub.persistence import Charge, GatewayOperation, Payment, Period, Reseller, Subscription
from host_stub.persistence import SubscriptionStatus as Status
from host_stub.services.books import ledger
from host_stub.services.charges import charging, subscriptions
from host_stub.services.money_in import gateway
from host_stub.services.money_in.tries import Try
from host_stub.services.tenants import closing
from host_stub.services.tenants.open_resellers import must_be_open
from tests.closing.conftest import ClosingWorld
from tests.support.world import MANAGER, MERCHANT, rub


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do everything at the same moment; return the results, a refusal as its class."""
    start = Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> object:
        start.wait()
        try:
            return deed()
        except RefusedError as error:
            return type(error)

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def count(world: ClosingWorld, kind: type) -> int:
    with world.store.read() as session:
        return int(session.execute(select(func.count()).select_from(kind)).scalar_one())


@pytest.fixture
def accounts(world: ClosingWorld) -> Iterator[list[int]]:
    """Six accounts, each with an hourly subscription that is hours behind and one that waits."""
    made = []
    for _ in range(6):
        made.append(world.another_account())
        world.credit("100.00")
        world.running(Period.HOUR, "720.00")
        world.pending(Period.HOUR, "720.00")
    world.clock.advance(hours=5)
    return made


def test_closed_while_charging_runs_nothing_is_charged_afterwards_and_nothing_runs(
    world: ClosingWorld, accounts: list[int]
) -> None:
    charged_by_then: list[int] = []

    def close() -> bool:
        done = world.close(at_once=50)
        charged_by_then.append(count(world, Charge))
        return done

    results = at_once(close, world.run, world.run, world.run)
    world.run()

    assert results[0] is True
    assert [count(world, Charge)] == charged_by_then
    with world.store.read() as session:
        assert Status.ACTIVE not in set(session.scalars(select(Subscription.status)))


def test_closed_while_managers_activate_and_money_comes_nothing_runs_afterwards(
    world: ClosingWorld, accounts: list[int]
) -> None:
    with world.store.read() as session:
        waiting = session.scalars(select(Subscription.id).where(Subscription.status == Status.PENDING)).all()

    def activate(subscription_id: int) -> Callable[[], object]:
        return lambda: subscriptions.activate(world.store, world.scope, subscription_id, by=MANAGER)

    results = at_once(lambda: world.close(at_once=3), *(activate(s) for s in waiting), lambda: world.credit("50.00"))
    closing.follow(world.store)
    closing.follow(world.store)

    assert results[0] is True
    # The credit may have activated its account's first.
    assert set(results[1:-1]) <= {None, ResellerClosed, SubscriptionClosed}
    with world.store.read() as session:
        assert Status.ACTIVE not in set(session.scalars(select(Subscription.status)))


def test_closed_while_payments_are_started_each_is_started_before_or_refused(world: ClosingWorld) -> None:
    made = [world.a_payment() for _ in range(6)]

    results = at_once(
        world.close, *(lambda p=p: world.started(p) for p in made), *[world.a_payment for _ in range(3)]
    )  # fmt: skip

    starts = results[1:7]
    begun = [each for each in starts if each is not ResellerClosed]
    assert all(isinstance(each, Try) for each in begun)
    assert count(world, GatewayOperation) == len(begun)
    assert count(world, Payment) == 6 + sum(isinstance(each, int) for each in results[7:])


def test_who_has_begun_is_waited_for_and_who_comes_later_finds_it_closed(world: ClosingWorld) -> None:
    begun, end, closed = Event(), Event(), Event()

    def begin() -> bool:
        with world.store.write() as session:
            must_be_open(session, world.reseller_id)
            begun.set()
            end.wait(10)
            return closed.is_set()

    def close() -> None:
        begun.wait(10)
        world.close()
        closed.set()

    with ThreadPoolExecutor(2) as pool:
        beginning, closing_ = pool.submit(begin), pool.submit(close)
        begun.wait(10)
        waited = not closed.wait(0.5)
        end.set()
        seen_closed = beginning.result(10)
        closing_.result(10)

    assert (waited, seen_closed) == (True, False)
    with world.store.write() as session, pytest.raises(ResellerClosed):
        must_be_open(session, world.reseller_id)


def test_what_was_read_of_the_reseller_before_the_account_was_locked_is_read_again(world: ClosingWorld) -> None:
    world.credit("100.00")
    world.running(Period.DAY, "10.00")
    url = world.store.engine.url.get_backend_name()
    if url == "sqlite":
        pytest.skip("there is one writer at a time")
    with world.store.write() as session:
        before = session.get_one(Reseller, world.reseller_id).closed_at
        world.close()  # another connection

        account = ledger.lock_account(session, world.account_id)
        charging.settle(session, account)
        after = session.get_one(Reseller, world.reseller_id).closed_at

    assert (before, after) == (None, world.clock.now())


def test_notifications_that_come_while_the_reseller_is_closed_are_credited_once_each(
    world: ClosingWorld, accounts: list[int]
) -> None:
    payment_id = world.a_payment(account_id=accounts[0])
    world.started(payment_id)
    paid = PaymentPaid(world.reference(payment_id), MERCHANT, rub("5000.00"), False, "1", "digest", {})
    verified = gateway.VerifiedEvent(world.method_id, "paymaster", paid, b"")
    before = world.balance(accounts[0])

    verdicts = at_once(
        lambda: world.close(at_once=2), *[lambda: gateway.apply_event(world.store, verified).verdict for _ in range(4)]
    )[1:]
    closing.follow(world.store)

    assert sorted(str(verdict) for verdict in verdicts) == ["accepted", "duplicate", "duplicate", "duplicate"]
    assert world.balance(accounts[0]) - before in (rub("5000.00"), rub("4999.00"))  # less an activation before
    with world.store.read() as session:
        assert Status.ACTIVE not in set(session.scalars(select(Subscription.status)))
