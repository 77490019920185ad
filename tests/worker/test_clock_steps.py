"""The wall clock is set, forth and back: nothing stands still, nothing is taken in advance, nothing is sent twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from billhook import Asking
from sqlalchemy import select

from host_stub import doctor
from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.adapters.provisioning import Webhook
from host_stub.adapters.smtp import Server, SmtpMailer
from host_stub.domain.belief import Belief
from host_stub.persistence import Account, GatewayOperation, Payment, Period, Store, open_store
from host_stub.plugins.registry import Registry
from host_stub.services.charges import charging_failures, clock_guard
from host_stub.services.money_in import questions, tries
from host_stub.services.queues import heartbeat
from host_stub.services.queues.heartbeat import JobState, Told
from host_stub.services.reading import work_queue
from host_stub.worker import Job, Outside, Worker
from tests.support.charging_world import ChargingWorld
from tests.support.scripted_smtp import until
from tests.support.world import CUSTOMER, MANAGER


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    """On SQLite alone: what waits in lanes is proved on both databases beside the other proofs of lanes."""
    opened = open_store(sqlite_url, clock, base_url="https://panel.example")
    yield opened
    opened.close()


def test_an_account_that_failed_while_the_clock_was_ahead_is_tried_again_when_it_is_right(world: ChargingWorld) -> None:
    def resting() -> list[int]:
        with world.store.read() as session:
            query = select(Account.id).where(charging_failures.resting(session, Account.id))
            return list(session.scalars(query))

    world.clock.step(days=2)
    charging_failures.note(world.store, world.account_id, RuntimeError("no"))
    ahead = resting()
    world.clock.step(days=-2)

    assert ahead == [world.account_id]
    assert resting() == []


def test_a_gateway_is_asked_though_the_question_was_put_off_by_a_clock_ahead(world: ChargingWorld) -> None:
    payment_id = world.a_payment()
    world.clock.step(hours=3)
    frozen = tries.Draft("merchant", asked=Asking(open=False))
    tries.begin(world.store, world.scope, payment_id, world.method_id, frozen, by=CUSTOMER)
    world.clock.step(hours=-3)

    before = questions.due(world.store)
    questions.reread(world.store)

    assert before == []
    assert [due.payment_id for due in questions.due(world.store)] == [payment_id]


def test_a_question_that_waits_as_it_should_is_left_alone(world: ChargingWorld) -> None:
    frozen = tries.Draft("merchant", asked=Asking(open=False))
    tries.begin(world.store, world.scope, world.a_payment(), world.method_id, frozen, by=CUSTOMER)
    with world.store.write() as session:
        row = session.get_one(GatewayOperation, 1)
        row.queries, row.query_at = 12, world.store.now() + timedelta(hours=6)

    assert questions.reread(world.store) == 0


def a_worker(world: ChargingWorld, name: str = "worker") -> Worker:
    mailer = SmtpMailer(Server("127.0.0.1", 1, "billing@panel.example", timeout_seconds=1))
    outside = Outside(mailer, "billing@panel.example", Webhook(1, 1), new_keys())
    return Worker(world.store, Registry.of({}), outside, name)


def test_a_job_comes_round_though_the_clock_was_set_back_three_hours(world: ChargingWorld) -> None:
    worker, rounds = a_worker(world), [0]

    def note() -> int:
        rounds[0] += 1
        return 0

    worker.jobs = [Job("note", note, every=timedelta(seconds=30))]
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: rounds[0] == 1)
    world.clock.step(hours=-3)
    world.clock.advance(seconds=31)
    until(lambda: rounds[0] == 2)
    worker.stop()
    thread.join(10)


def an_hourly_service(world: ChargingWorld) -> int:
    world.credit("10000.00")
    return world.running(Period.HOUR, "720.00")


def test_a_clock_that_leaps_30_days_for_75_seconds_takes_nothing_in_advance(world: ChargingWorld) -> None:
    made, worker = an_hourly_service(world), a_worker(world)
    payment_id = world.a_payment()
    worker.run_once()
    before = len(world.charges(made))

    world.clock.step(days=30)
    for _second in range(75):
        world.clock.advance(seconds=1)
        worker.clock.believes()
    worker.run_once()
    doubted = (worker.clock.belief, len(world.charges(made)), payment_status(world, payment_id))
    world.clock.step(days=-30)
    worker.run_once()
    world.clock.advance(hours=1)
    worker.run_once()

    assert doubted == (Belief.DOUBTED, before, "waiting_for_payment")
    assert worker.clock.belief is Belief.BELIEVED
    assert len(world.charges(made)) == before + 1


def payment_status(world: ChargingWorld, payment_id: int) -> str:
    with world.store.read() as session:
        return session.get_one(Payment, payment_id).status


def test_a_machine_that_was_off_for_30_days_charges_them_once_a_person_has_confirmed_its_clock(
    world: ChargingWorld,
) -> None:
    made = an_hourly_service(world)
    a_worker(world).run_once()
    before = len(world.charges(made))
    world.clock.advance(days=30)
    back = a_worker(world, "after the outage")

    back.run_once()
    world.clock.advance(hours=5)
    back.run_once()
    waiting = len(world.charges(made))
    clock_guard.confirm(world.store, MANAGER)
    back.run_once()

    assert waiting == before
    assert len(world.charges(made)) == before + 30 * 24 + 5


def test_an_outage_of_a_night_needs_nobody_once_the_clock_has_run_evenly_for_ten_minutes(world: ChargingWorld) -> None:
    made = an_hourly_service(world)
    a_worker(world).run_once()
    before = len(world.charges(made))
    world.clock.advance(hours=9)
    back = a_worker(world, "in the morning")

    back.run_once()
    at_once = (back.clock.belief, len(world.charges(made)))
    world.clock.advance(minutes=10)
    back.run_once()

    assert at_once == (Belief.WATCHED, before)
    assert len(world.charges(made)) == before + 9


def test_a_long_run_of_one_worker_needs_nobody(world: ChargingWorld) -> None:
    made, worker = an_hourly_service(world), a_worker(world)
    worker.run_once()

    world.clock.advance(days=5)
    worker.run_once()

    assert len(world.charges(made)) == 1 + 5 * 24


def test_a_clock_that_begins_in_the_past_and_is_then_set_right_is_believed(world: ChargingWorld) -> None:
    made = an_hourly_service(world)
    a_worker(world).run_once()
    world.clock.step(days=-3000)
    reborn = a_worker(world, "its battery is empty")
    reborn.run_once()
    world.clock.step(days=3000)
    world.clock.advance(hours=1)

    reborn.run_once()

    assert len(world.charges(made)) == 2


def test_what_keeps_work_from_getting_done_is_told_by_the_doctor(sqlite_url: str) -> None:
    clock = FixedClock(datetime(2026, 11, 30, 12, tzinfo=UTC))
    store = open_store(sqlite_url, clock)
    clock_guard.ClockGuard(store).believes()
    jobs = [JobState("mail", 4000, stuck=True, error="RuntimeError: no"), JobState("expiry", 3)]
    told = Told(jobs, "doubted", 30 * 86400, "535 no", ["https://a.example"])
    heartbeat.beat(store, "w", clock.now(), told=told)

    with store.read() as session:
        state = work_queue.work_state(session)
    worker, its_clock = doctor._worker(store), doctor._clock(store)
    clock.step(hours=-3)
    set_back = doctor._worker(store)
    store.close()

    assert [job.name for job in state.stuck] == ["mail"]
    assert (state.mail, state.silent, state.doubted) == ("535 no", ["https://a.example"], timedelta(days=30))
    assert worker.problem == "nothing gets done in mail: 4000 s, RuntimeError: no"
    assert "30 days after the last work: nothing is charged" in its_clock.problem
    assert "clock-is-right" in its_clock.remedy
    assert "silent" in set_back.problem  # nobody has been heard by this clock
