"""The worker proves the books every night, and people hear of what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Proof, Reseller, Store
from host_stub.services.books import proof
from host_stub.services.books.proof import nightly
from host_stub.services.books.proof.ledger import BALANCES, SUMS
from host_stub.services.books.proof.money_in import PAYMENTS
from tests.proof.books import Books
from tests.support.world import World, a_reseller

#: Three at night in Kamchatka, the operator's zone here, is three in the afternoon in UTC.
NIGHT = datetime(2020, 11, 20, 15, 0, tzinfo=UTC)
NOON = datetime(2020, 11, 21, 0, 0, tzinfo=UTC)


@pytest.fixture
def night(store: Store, clock: FixedClock) -> Store:
    """A store at night, with an operator in Kamchatka."""
    with store.write() as session:
        a_reseller(session, "Оператор", is_operator=True, timezone="Asia/Kamchatka")
    clock.set(NIGHT)
    return store


def proofs(store: Store) -> Sequence[Proof]:
    with store.read() as session:
        return session.scalars(select(Proof).order_by(Proof.id)).all()


def all_steps(store: Store) -> int:
    """Step until nothing is left to do, however slow the machine is; return how many checks that were."""
    return sum(iter(lambda: nightly.step(store), 0))


def last(store: Store) -> nightly.Standing | None:
    with store.read() as session:
        return nightly.last(session)


def test_at_night_every_check_is_made_once(night: Store) -> None:
    assert all_steps(night) == len(proof.CHECKS)
    assert nightly.step(night) == 0

    standing = last(night)
    assert standing is not None
    assert [each.name for each in standing.results] == [check.name for check in proof.CHECKS]
    assert (standing.ended_at, standing.found) == (NIGHT, 0)


def test_by_day_nothing_begins(night: Store, clock: FixedClock) -> None:
    clock.set(NOON)

    assert nightly.step(night) == 0
    assert proofs(night) == []


def test_the_next_night_proves_anew(night: Store, clock: FixedClock) -> None:
    all_steps(night)
    clock.advance(days=1)

    assert all_steps(night) == len(proof.CHECKS)
    assert len(proofs(night)) == 2


def test_while_one_worker_makes_a_check_no_other_does_and_after_its_lease_the_proof_goes_on(
    night: Store, clock: FixedClock
) -> None:
    claimed = nightly._claim(night)  # and the worker dies here
    assert claimed is not None

    assert nightly.step(night) == 0
    clock.advance(minutes=31)
    assert all_steps(night) == len(proof.CHECKS)
    assert len(proofs(night)) == 1


def test_a_proof_that_the_night_was_too_short_for_ends_by_day(night: Store, clock: FixedClock) -> None:
    nightly._claim(night)
    clock.set(NOON)

    assert all_steps(night) == len(proof.CHECKS)


def test_two_workers_begin_one_proof(night: Store) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = sum(pool.map(lambda _number: all_steps(night), range(2)))
    made += all_steps(night)  # each may have stopped at a check that the other had

    assert made == len(proof.CHECKS)
    assert len(proofs(night)) == 1


def test_a_check_that_cannot_be_made_is_told_and_keeps_no_other(night: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bent = replace(BALANCES, over=PAYMENTS, query="select nothing from nowhere where :after < :upto")
    World(night).a_payment()
    monkeypatch.setattr(nightly, "CHECKS", (bent, SUMS))

    assert all_steps(night) == 2

    standing = last(night)
    assert standing is not None
    assert [each.name for each in standing.failing] == [bent.name]
    assert standing.failing[0].shown[0].startswith("could not be made: ")


def test_what_a_proof_found_stands_with_its_rows_until_the_next(night: Store, clock: FixedClock) -> None:
    World(night).a_payment()
    with night.write() as session:
        session.execute(text("update account set balance_minor = 7"))
    all_steps(night)
    found = last(night)
    with night.write() as session:
        session.execute(text("update account set balance_minor = 0"))
    clock.advance(days=1)
    all_steps(night)
    mended = last(night)

    assert found is not None
    assert mended is not None
    assert [(each.name, each.shown) for each in found.failing] == [
        ("balances", ["account 1: balance 7, entries 0"]),
    ]
    assert mended.failing == []


def test_no_proof_for_too_long_is_told(night: Store, clock: FixedClock) -> None:
    def overdue() -> bool:
        with night.read() as session:
            return nightly.overdue(session, nightly.last(session))

    with night.write() as session:
        for reseller in session.scalars(select(Reseller)):
            reseller.created_at = NIGHT
    assert not overdue()
    clock.advance(hours=37)
    assert overdue()

    nightly.keep(night, list(proof.prove(night)), night.now())
    assert not overdue()


@pytest.fixture
def busy(store: Store, clock: FixedClock) -> Books:
    return Books(store, clock)


def test_beside_a_panel_that_moves_money_a_proof_finds_nothing(busy: Books) -> None:
    def move(number: int) -> None:
        for round_ in range(12):
            busy.give(busy.idle_id if number else busy.account_id, f"{number * 100 + round_ + 1}.00")
            busy.give(busy.held_id, f"-{number * 100 + round_ + 1}.00")
            busy.run()

    found = []
    with ThreadPoolExecutor(2) as pool:
        movers = [pool.submit(move, number) for number in range(2)]
        while not all(mover.done() for mover in movers):
            found += [(each.name, each.shown) for each in proof.prove(busy.store) if each.found]
        for mover in movers:
            mover.result()

    assert found == []


def a_result(*wrong: str) -> proof.Result:
    result = proof.Result("balances", rows=1)
    for each in wrong:
        result.add(each)
    return result


def test_a_proof_that_was_kept_while_the_clock_was_ahead_hides_no_later_one(store: Store, clock: FixedClock) -> None:
    clock.step(days=30)
    nightly.keep(store, [a_result()], store.now())
    clock.step(days=-30)
    before = last(store)
    nightly.keep(store, [a_result("account 1: wrong")], store.now())
    at_once = last(store)
    clock.advance(days=40)
    later = last(store)

    assert before is None
    assert at_once is not None
    assert later is not None
    assert (at_once.found, later.found) == (1, 1)


def test_a_check_that_was_leased_by_a_clock_ahead_waits_for_nobody(night: Store, clock: FixedClock) -> None:
    clock.step(hours=2)
    nightly._claim(night)  # and the worker dies here
    clock.step(hours=-2)

    assert all_steps(night) == len(proof.CHECKS)
