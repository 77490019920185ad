"""The outbox: order, leases, back-off, dead letters, and the races that strand a row if a lock is missing."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier, Lock

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.adapters.clock import SystemClock
from host_stub.domain.errors import NotFound
from host_stub.persistence import Account, Lane, LogEntry, Outbox, Reseller, Store, open_store
from host_stub.persistence.store import fetch
from host_stub.services.queues import claims, deliveries, outbox
from host_stub.services.queues.claims import Turns
from host_stub.services.queues.deliveries import Delivered, Failed, Outcome, Policy, Postponed, Task
from tests.support.charging_world import ChargingWorld
from tests.support.world import MANAGER, World, a_reseller, an_account

TEST = "test"
PATIENCE = Policy(attempts=3, first_wait=timedelta(seconds=10), longest_wait=timedelta(minutes=1))


@dataclass
class Box:
    """A receiver that notes what it got and answers as it was told."""

    answer: Callable[[Task], Outcome] = lambda _task: Delivered()
    policy: Policy = PATIENCE
    got: list[tuple[str, int]] = field(default_factory=list)

    def deliver(self, task: Task) -> Outcome:
        self.got.append((task.lane, task.payload["n"]))
        return self.answer(task)


def tell(world: World, lane: str, *numbers: int, receiver: str = TEST) -> None:
    with world.store.write() as session:
        for n in numbers:
            outbox.enqueue(session, receiver, lane, "fact", {"n": n}, reseller_id=world.reseller_id)


def work(world: World, box: Box, receiver: str = TEST, **options: int) -> int:
    return deliveries.work(world.store, "worker", receiver, box, **options)


def drain(world: World, box: Box) -> None:
    while work(world, box):
        pass


def left(store: Store) -> tuple[int, int]:
    """Return how many facts and lanes there are."""
    with store.read() as session:
        return len(session.scalars(select(Outbox)).all()), len(session.scalars(select(Lane)).all())


def test_a_lane_is_delivered_in_order_and_then_gone(world: ChargingWorld) -> None:
    tell(world, "a", 1, 2, 3)
    box = Box()

    drain(world, box)

    assert box.got == [("a", 1), ("a", 2), ("a", 3)]
    assert left(world.store) == (0, 0)


def test_a_claim_takes_one_fact_of_each_lane(world: ChargingWorld) -> None:
    tell(world, "a", 1, 2)
    tell(world, "b", 3)

    tasks = deliveries.claim(world.store, "worker", TEST)

    assert sorted((t.lane, t.payload["n"]) for t in tasks) == [("a", 1), ("b", 3)]


def test_a_claimed_lane_is_nobody_elses_until_the_lease_is_over(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    first = deliveries.claim(world.store, "one", TEST)

    second = deliveries.claim(world.store, "two", TEST)
    world.clock.advance(seconds=121)
    third = deliveries.claim(world.store, "three", TEST)

    assert [len(first), len(second), len(third)] == [1, 0, 1]


def test_who_lost_the_lease_writes_nothing(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    (task,) = deliveries.claim(world.store, "slow", TEST)
    world.clock.advance(seconds=121)
    deliveries.claim(world.store, "next", TEST)

    with pytest.raises(deliveries.LeaseLost):
        deliveries.finish(world.store, task, Delivered(lambda session: note_in_log(world, session)), Box().policy)

    assert left(world.store) == (1, 1)
    assert world.logged("delivery", 1) == []


def test_a_lease_that_ran_out_is_lost_even_if_nobody_took_it(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    (task,) = deliveries.claim(world.store, "slow", TEST)
    world.clock.advance(seconds=120)

    with pytest.raises(deliveries.LeaseLost):
        deliveries.finish(world.store, task, Delivered(), Box().policy)


def note_in_log(world: World, session: Session) -> None:
    session.add(
        LogEntry(
            reseller_id=world.reseller_id,
            object_kind="delivery",
            object_id=1,
            at=world.store.now(),
            actor="system::x",
            action="noted",
            details={},
        )
    )


def test_effects_and_release_are_written_together(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    box = Box(lambda _task: Delivered(lambda session: note_in_log(world, session)))

    work(world, box)

    assert world.logged("delivery", 1) == ["noted"]
    assert left(world.store) == (0, 0)


def test_effects_that_cannot_be_written_count_as_a_failure(world: ChargingWorld) -> None:
    def broken(session: Session) -> None:
        note_in_log(world, session)
        raise ValueError("no")

    tell(world, "a", 1)

    work(world, Box(lambda _task: Delivered(broken)))

    assert world.logged("delivery", 1) == []
    (row,) = world.facts(TEST)
    assert (row.attempts, row.last_error) == (1, "ValueError: no")


def test_a_failure_backs_off_longer_each_time_and_holds_back_its_lane_alone(world: ChargingWorld) -> None:
    tell(world, "bad", 1, 2)
    tell(world, "good", 3)
    box = Box(lambda task: Failed("no") if task.lane == "bad" else Delivered())

    drain(world, box)
    first = list(box.got)
    world.clock.advance(seconds=10)
    drain(world, box)
    world.clock.advance(seconds=19)
    too_early = work(world, box)
    world.clock.advance(seconds=1)
    third = work(world, box)

    assert sorted(first) == [("bad", 1), ("good", 3)]
    assert (too_early, third) == (0, 1)


def test_after_too_many_failures_a_fact_is_dead_and_the_lane_goes_on(world: ChargingWorld) -> None:
    tell(world, "a", 1, 2)
    box = Box(lambda task: Failed("always") if task.payload["n"] == 1 else Delivered())

    for _try in range(4):
        drain(world, box)
        world.clock.advance(minutes=1)

    assert box.got == [("a", 1), ("a", 1), ("a", 1), ("a", 2)]
    with world.store.read() as session:
        (dead,) = deliveries.dead_letters(session)
    assert (dead.payload["n"], dead.attempts, dead.last_error) == (1, 3, "always")
    assert left(world.store) == (1, 0)


def test_a_dead_fact_is_delivered_again_on_request(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    for _try in range(3):
        work(world, Box(lambda _task: Failed("no")))
        world.clock.advance(minutes=1)
    (dead,) = world.facts(TEST)

    deliveries.retry_dead(world.store, dead.id, MANAGER)
    box = Box()
    work(world, box)

    assert box.got == [("a", 1)]
    assert left(world.store) == (0, 0)
    assert world.logged("delivery", dead.id) == ["delivery.retried"]


def test_only_the_dead_are_retried(world: ChargingWorld) -> None:
    tell(world, "a", 1)

    with pytest.raises(NotFound):
        deliveries.retry_dead(world.store, world.facts(TEST)[0].id, MANAGER)


def test_a_postponed_fact_is_never_given_up(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    box = Box(lambda _task: Postponed("away", timedelta(minutes=1)))

    for _try in range(20):
        work(world, box)
        world.clock.advance(minutes=1)

    (row,) = world.facts(TEST)
    assert (len(box.got), row.attempts, row.dead_at, row.last_error) == (20, 0, None, "away")


def test_what_is_only_ever_postponed_ends_too_but_not_by_a_clock_that_leaps(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    told: list[bool] = []
    box = Box(lambda _task: Postponed("away", timedelta(minutes=1), effects=lambda _session, dead: told.append(dead)))
    box.policy = Policy(3, timedelta(seconds=10), timedelta(minutes=1), patience=timedelta(days=7))

    world.clock.step(days=30)
    for _try in range(deliveries.LEAST_TRIES):
        assert world.facts(TEST)[0].dead_at is None
        work(world, box)
        world.clock.advance(minutes=1)

    assert told == [False] * (deliveries.LEAST_TRIES - 1) + [True]
    assert world.facts(TEST)[0].dead_at is not None


def test_when_nothing_gets_through_the_rest_of_the_batch_is_not_tried(world: ChargingWorld) -> None:
    for lane in "abcd":
        tell(world, lane, 1)
    box = Box(lambda _task: Postponed("down", timedelta(minutes=1), whole_batch=True))

    work(world, box)

    assert len(box.got) == 1
    assert work(world, box) == 0
    world.clock.advance(minutes=1)
    box.answer = lambda _task: Delivered()
    assert work(world, box) == 4


def test_a_batch_that_takes_too_long_gives_back_what_it_has_not_begun(world: ChargingWorld) -> None:
    for lane in "abc":
        tell(world, lane, 1)

    def slow(_task: Task) -> Outcome:
        world.clock.advance(seconds=40)
        return Delivered()

    box = Box(slow)
    work(world, box)

    assert len(box.got) == 1
    assert work(world, box) == 2


def test_a_receiver_that_raises_has_failed(world: ChargingWorld) -> None:
    def broken(_task: Task) -> Outcome:
        raise RuntimeError("first line\nsecond line")

    tell(world, "a", 1)

    work(world, Box(broken))

    assert world.facts(TEST)[0].last_error == "RuntimeError: first line"


def test_a_fact_that_lost_its_lane_is_found_by_the_sweep(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    with world.store.write() as session:
        session.delete(session.get_one(Lane, (TEST, "a")))
    box = Box()
    assert work(world, box) == 0

    found = deliveries.sweep(world.store)
    work(world, box)

    assert found == 1
    assert box.got == [("a", 1)]


def test_a_lane_without_a_fact_is_cleared_away(world: ChargingWorld) -> None:
    with world.store.write() as session:
        outbox.open_lane(session, TEST, "empty", reseller_id=world.reseller_id)

    assert work(world, Box()) == 0
    assert left(world.store) == (0, 0)


def claimed(store: Store, turns: Turns | None = None) -> list[str]:
    return [task.lane for task in deliveries.claim(store, "other", TEST, turns=turns)]


@pytest.mark.parametrize("hours", [3, 30 * 24])
def test_what_was_postponed_while_the_clock_was_ahead_comes_back_with_it(world: ChargingWorld, hours: int) -> None:
    world.clock.step(hours=hours)
    tell(world, "a", 1)
    (task,) = deliveries.claim(world.store, "worker", TEST)
    deliveries.finish(world.store, task, Postponed("away", timedelta(minutes=1)), PATIENCE)
    world.clock.step(hours=-hours)

    stranded = claimed(world.store)
    claims.reread(world.store)

    assert (stranded, claimed(world.store)) == ([], ["a"])


def test_a_lease_outlives_a_step_back_and_runs_out_in_its_own_time(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    deliveries.claim(world.store, "dies", TEST)
    world.clock.step(hours=-3)

    claims.reread(world.store)
    at_once = claimed(world.store)
    world.clock.advance(seconds=121)

    assert (at_once, claimed(world.store)) == ([], ["a"])


def test_a_lease_that_only_the_clock_ran_out_is_taken_by_nobody_and_its_holder_writes(world: ChargingWorld) -> None:
    turns = Turns(world.clock)
    tell(world, "a", 1)
    (task,) = deliveries.claim(world.store, "worker", TEST, turns=turns)
    world.clock.step(hours=5)

    taken = claimed(world.store, turns)
    deliveries.finish(world.store, task, Delivered(), PATIENCE)

    assert taken == []
    assert world.facts(TEST) == []


def test_clocks_of_two_machines_that_differ_a_little_read_nothing_anew(world: ChargingWorld) -> None:
    tell(world, "a", 1)
    (task,) = deliveries.claim(world.store, "worker", TEST)
    deliveries.finish(world.store, task, Postponed("away", timedelta(minutes=10)), PATIENCE)
    world.clock.step(seconds=-30)

    assert claims.reread(world.store) == 0
    assert claimed(world.store) == []


def test_resellers_take_turns_and_a_thousand_facts_of_one_delay_no_other(world: ChargingWorld) -> None:
    with world.store.write() as session:
        others = [a_reseller(session, f"Реселлер {n}").id for n in range(3)]
    for n in range(12):
        tell(world, f"flood:{n}", n)
    world.clock.advance(minutes=1)
    with world.store.write() as session:
        for other in others:
            outbox.enqueue(session, TEST, f"of:{other}", "fact", {"n": 0}, reseller_id=other)
    box, turns = Box(), Turns(world.clock)

    for _claim in range(4):
        deliveries.work(world.store, "worker", TEST, box, limit=1, turns=turns)

    assert [lane.split(":")[0] for lane, _n in box.got] == ["flood", "of", "of", "of"]


@pytest.fixture
def live(postgresql_url: str) -> World:
    """A world on PostgreSQL whose clock runs."""
    return World(open_store(postgresql_url, SystemClock(), pool_size=40))


def test_claimers_at_once_get_distinct_lanes(live: World) -> None:
    for n in range(200):
        tell(live, f"lane:{n}", n)
    start = Barrier(4)

    def claim(name: int) -> list[Task]:
        start.wait()
        return [t for _batch in range(10) for t in deliveries.claim(live.store, f"worker {name}", TEST, limit=10)]

    with ThreadPoolExecutor(4) as pool:
        claimed = [task.lane for tasks in pool.map(claim, range(4)) for task in tasks]
    live.store.close()

    assert len(claimed) == len(set(claimed)) == 200


def test_a_fact_that_is_being_written_while_its_lane_empties_is_not_stranded(live: World) -> None:
    tell(live, "a", 1)
    (task,) = deliveries.claim(live.store, "worker", TEST)
    box = Box()

    with ThreadPoolExecutor(1) as pool:
        with live.store.write() as session:
            outbox.enqueue(session, TEST, "a", "fact", {"n": 2}, reseller_id=live.reseller_id)
            finished = pool.submit(deliveries.finish, live.store, task, Delivered(), PATIENCE)
            time.sleep(0.3)  # time enough to finish, if nothing held the lane
            waited = not finished.done()
        finished.result(timeout=10)
    drain(live, box)
    live.store.close()

    assert waited
    assert box.got == [("a", 2)]


def test_a_fact_that_is_written_between_the_last_look_and_the_deletion_of_the_lane_is_not_stranded(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(live, "a", 1)
    (task,) = deliveries.claim(live.store, "worker", TEST)
    look = deliveries.head
    box = Box()

    with ThreadPoolExecutor(1) as pool:

        def look_and_dawdle(session: Session, receiver: str, lane: str) -> Outbox | None:
            found = look(session, receiver, lane)
            monkeypatch.setattr(deliveries, "head", look)
            pool.submit(tell, live, "a", 2)
            time.sleep(0.3)  # time enough to write it, if nothing held the lane
            return found

        monkeypatch.setattr(deliveries, "head", look_and_dawdle)
        deliveries.finish(live.store, task, Delivered(), PATIENCE)
    drain(live, box)
    live.store.close()

    assert box.got == [("a", 2)]


@pytest.mark.long
def test_no_fact_is_stranded_lost_doubled_or_out_of_order_when_producers_and_workers_race(live: World) -> None:
    """Few lanes that empty all the time: the finisher deletes a lane in the moment in which a producer uses it."""
    producers, facts, lanes = 6, 60, 3
    accounts = [account_of(live) for _lane in range(lanes)]
    got: dict[str, list[int]] = defaultdict(list)
    written: dict[str, list[int]] = defaultdict(list)
    guard = Lock()

    def deliver(task: Task) -> Outcome:
        with guard:
            got[task.lane].append(task.payload["n"])
        return Delivered()

    def produce(number: int) -> None:
        chance = random.Random(number)
        for n in range(facts):
            account_id = chance.choice(accounts)
            with live.store.write() as session:
                account = fetch(session, Account, account_id, lock=True)
                lane, value = f"account:{account.id}", number * 1000 + n
                outbox.enqueue(session, TEST, lane, "fact", {"n": value}, reseller_id=live.reseller_id)
                with guard:
                    written[lane].append(value)

    def consume(number: int) -> None:
        idle = 0
        while idle < 50:
            idle = 0 if deliveries.work(live.store, f"worker {number}", TEST, Box(deliver)) else idle + 1

    with ThreadPoolExecutor(producers + 3) as pool:
        jobs = [pool.submit(consume, n) for n in range(3)] + [pool.submit(produce, n) for n in range(producers)]
        for job in jobs:
            job.result(timeout=120)
    while deliveries.work(live.store, "last", TEST, Box(deliver)):
        pass
    remaining = left(live.store)
    live.store.close()

    assert remaining == (0, 0)
    assert got == written


def account_of(world: World) -> int:
    with world.store.write() as session:
        return an_account(session, session.get_one(Reseller, world.reseller_id)).id


def test_the_waits_double_and_are_bounded() -> None:
    policy = Policy(attempts=9, first_wait=timedelta(seconds=5), longest_wait=timedelta(seconds=60))

    waits = [policy.wait(n).total_seconds() for n in range(1, 7)]

    assert waits == [5, 10, 20, 40, 60, 60]
