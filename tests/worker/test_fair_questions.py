"""Questions to gateways, and what was claimed together: one reseller's many or slow ones keep nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from billhook import Asking

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Store, open_store
from host_stub.plugins import status_queries
from host_stub.services.money_in import questions, tries
from host_stub.services.queues import deliveries, outbox
from host_stub.services.queues.claims import Task, Turns
from host_stub.services.queues.deliveries import Delivered, Policy
from tests.support.charging_world import ChargingWorld
from tests.support.world import CUSTOMER, World


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    opened = open_store(sqlite_url, clock, base_url="https://panel.example")
    yield opened
    opened.close()


def started(world: World, number: int, clock: FixedClock) -> None:
    for _payment in range(number):
        frozen = tries.Draft("merchant", asked=Asking(open=False))
        tries.begin(world.store, world.scope, world.a_payment(), world.method_id, frozen, by=CUSTOMER)
        clock.advance(seconds=1)


def test_sixty_questions_of_one_reseller_leave_room_for_the_one_of_another(world: ChargingWorld) -> None:
    other = World(world.store)
    started(world, 60, world.clock)
    started(other, 1, world.clock)
    world.clock.advance(minutes=10)

    due = questions.due(world.store)

    assert len(due) == 31  # thirty of one method in a minute, and the other one
    assert due[1].method_id == other.method_id


def test_who_follows_when_the_minute_is_over_comes_first_in_the_next(
    world: ChargingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [World(world.store) for _reseller in range(3)]
    started(world, 5, world.clock)
    for other in others:
        started(other, 5, world.clock)
    world.clock.advance(minutes=10)
    asked: list[int] = []
    time = [0.0]

    def settle(_store: Store, _registry: Any, _keys: Any, attempt: questions.Due, _away: set[int]) -> None:
        asked.append(attempt.reseller_id)
        time[0] += 40  # nobody answers

    monkeypatch.setattr(status_queries, "_settle", settle)
    monkeypatch.setattr(status_queries.time, "monotonic", lambda: time[0])
    turns = Turns(world.clock)

    for _minute in range(2):
        status_queries.ask_due(world.store, None, None, turns)  # type: ignore[arg-type]

    assert sorted(asked) == sorted([world.reseller_id, *(other.reseller_id for other in others)])


def test_what_was_claimed_with_a_delivery_that_takes_long_is_let_go(world: ChargingWorld) -> None:
    with world.store.write() as session:
        for number in range(3):
            outbox.enqueue(session, "slow", f"lane:{number}", "kind", {}, reseller_id=world.reseller_id)
    delivered: list[int] = []

    class Slow:
        policy = Policy(attempts=1, first_wait=deliveries.LEASE, longest_wait=deliveries.LEASE)

        def deliver(self, task: Task) -> Delivered:
            delivered.append(task.id)
            world.clock.advance(seconds=3)
            return Delivered()

    deliveries.work(world.store, "worker", "slow", Slow(), limit=3)
    of_this_claim = len(delivered)
    others = deliveries.claim(world.store, "another", "slow")

    assert of_this_claim == 1
    assert len(others) == 2
