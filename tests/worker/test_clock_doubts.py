"""A clock that is ahead for a while and set back: it throws nothing away, prolongs nothing and keeps nobody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import Message

import pytest
from sqlalchemy import func, select

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.adapters.provisioning import Webhook
from host_stub.adapters.smtp import LastAnswer
from host_stub.domain.instants import SKEW
from host_stub.domain.watching import has_risen, may_tell_charge
from host_stub.persistence import (
    LoginToken,
    Mail,
    ProcessReport,
    RateLimit,
    Reseller,
    Store,
    User,
    WebSession,
    open_store,
)
from host_stub.persistence import Worker as WorkerRow
from host_stub.plugins.registry import Registry
from host_stub.services.people import ageing, limits, password_resets, signin, users
from host_stub.services.people.signin import Lifetimes, Purpose
from host_stub.services.people.users import Invitations, NewUser
from host_stub.services.queues import heartbeat, measures
from host_stub.services.queues.heartbeat import Told
from host_stub.services.reading import work_queue
from host_stub.worker import Outside, Worker
from tests.support.charging_world import ChargingWorld
from tests.support.world import MANAGER

LIFE = timedelta(days=7)
HOUR = timedelta(hours=1)
LIFETIMES = Lifetimes(idle=timedelta(hours=2), absolute=timedelta(days=3))


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    """On SQLite alone: nothing of this depends on the database."""
    opened = open_store(sqlite_url, clock, base_url="https://panel.example")
    yield opened
    opened.close()


class Taking:
    """A mail server that takes every letter."""

    def send(self, _message: Message, _recipient: str) -> LastAnswer | None:
        return None


class Post:
    """A worker that sends. The clock is believed as it stands when this begins."""

    def __init__(self, world: ChargingWorld) -> None:
        outside = Outside(Taking(), "billing@panel.example", Webhook(1, 1), new_keys())
        self.worker = Worker(world.store, Registry.of({}), outside, "worker")
        self.worker.clock.believes()

    def run(self) -> None:
        self.worker.run_once(rounds=5)


def a_manager(world: ChargingWorld) -> int:
    invitations = Invitations("https://panel.example", LIFE)
    new = NewUser("new@x.example", "Новый")
    with world.store.write() as session:
        return users.add_manager(session, world.reseller_id, new, by=MANAGER, invitations=invitations).id


def fates(world: ChargingWorld) -> list[tuple[str, str, str]]:
    with world.store.read() as session:
        return [(each.category, each.status, each.last_error) for each in session.scalars(select(Mail))]


def test_an_invitation_that_waits_while_the_clock_is_ahead_is_sent(world: ChargingWorld) -> None:
    post = Post(world)
    a_manager(world)
    world.clock.step(days=30)

    post.run()
    world.clock.step(days=-30)
    post.run()

    assert fates(world) == [("invitation", "sent", "")]


def test_by_a_clock_that_is_believed_a_link_out_of_time_is_not_sent(world: ChargingWorld) -> None:
    post = Post(world)
    a_manager(world)
    world.clock.advance(days=8)

    post.run()

    assert fates(world) == [("invitation", "dropped", "link_dead")]


def test_a_link_that_was_replaced_is_not_sent_whatever_the_clock_says(world: ChargingWorld) -> None:
    post = Post(world)
    user_id = a_manager(world)
    world.clock.advance(hours=1)
    with world.store.write() as session:
        user = session.get_one(User, user_id)
        signin.issue_link(session, user, Purpose.INVITATION, base_url="https://panel.example", lifetime=LIFE)
    world.clock.step(days=30)

    post.run()

    assert fates(world) == [("invitation", "dropped", "link_dead")]


def test_a_request_for_a_new_password_outlives_a_clock_that_is_ahead(world: ChargingWorld) -> None:
    with world.store.write() as session:
        session.add(Reseller(name="Оператор", is_operator=True, created_at=world.store.now()))
    post = Post(world)
    a_manager(world)
    post.run()
    password_resets.request(world.store, "new@x.example", lifetime=HOUR, address="192.0.2.1")
    world.clock.step(days=30)

    post.run()

    assert fates(world)[1:] == [("password_reset", "sent", "")]


def count(world: ChargingWorld, kind: type) -> int:
    with world.store.read() as session:
        return session.scalars(select(func.count()).select_from(kind)).one()


def test_sessions_and_links_are_not_swept_by_a_clock_that_is_ahead_and_are_by_one_that_is_believed(
    world: ChargingWorld,
) -> None:
    post = Post(world)
    user_id = a_manager(world)
    opened(world, user_id)
    world.clock.step(days=60)
    post.run()
    opened(world, user_id)
    ahead = (count(world, WebSession), count(world, LoginToken))
    world.clock.step(days=-60)
    post.run()
    world.clock.advance(days=60)
    post.run()

    assert ahead == (2, 1)
    assert (count(world, WebSession), count(world, LoginToken)) == (0, 0)


def opened(world: ChargingWorld, user_id: int) -> str:
    with world.store.write() as session:
        return signin.open_session(session, session.get_one(User, user_id), LIFETIMES)


def test_a_session_that_was_opened_ahead_ends_when_it_has_been_idle(world: ChargingWorld) -> None:
    user_id = a_manager(world)
    world.clock.step(days=30)
    token = opened(world, user_id)
    world.clock.step(days=-30)
    ageing.reread(world.store)
    at_once = signin.resume(world.store, token, LIFETIMES)

    world.clock.advance(hours=3)

    assert at_once is not None
    assert signin.resume(world.store, token, LIFETIMES) is None


def test_a_session_that_was_used_ahead_keeps_its_end(world: ChargingWorld) -> None:
    user_id = a_manager(world)
    token = opened(world, user_id)
    ends = world.store.now() + LIFETIMES.absolute
    world.clock.step(hours=1, minutes=30)
    signin.resume(world.store, token, LIFETIMES)
    world.clock.step(hours=-1, minutes=-30)

    ageing.reread(world.store)

    with world.store.read() as session:
        (row,) = session.scalars(select(WebSession))
    assert (row.seen_at, row.expires_at) == (world.store.now(), ends)


def test_a_link_that_was_made_ahead_lives_as_long_as_any(world: ChargingWorld) -> None:
    world.clock.step(days=30)
    a_manager(world)
    world.clock.step(days=-30)
    ageing.reread(world.store)

    with world.store.read() as session:
        (link,) = session.scalars(select(LoginToken))
    assert link.expires_at == world.store.now() + LIFE


def test_a_limit_that_was_filled_by_a_clock_ahead_refuses_nobody_when_it_is_right(world: ChargingWorld) -> None:
    limit = limits.CAPABILITY_ADDRESS
    world.clock.step(hours=3)
    for _try in range(40):
        tried(world, limit)
    world.clock.step(hours=-3)

    with world.store.read() as session:
        assert limits.exhausted(session, limit, "192.0.2.1") is None
    assert tried(world, limit) is None


def test_limits_of_two_machines_whose_clocks_differ_a_little_are_one(world: ChargingWorld) -> None:
    limit = limits.CAPABILITY_ADDRESS
    refused = []
    for _try in range(limit.most):
        world.clock.step(seconds=20)
        tried(world, limit)
        world.clock.step(seconds=-20)
        refused.append(tried(world, limit))

    assert refused[-1] is not None


def tried(world: ChargingWorld, limit: limits.Limit) -> object:
    with world.store.write() as session:
        return limits.count(session, limit, "192.0.2.1")


def test_counts_that_lie_ahead_are_purged(world: ChargingWorld) -> None:
    world.clock.step(days=30)
    tried(world, limits.CAPABILITY_ADDRESS)
    world.clock.step(days=-30)

    ageing.sweep(world.store)

    assert count(world, RateLimit) == 0


def test_a_warning_that_was_told_by_a_clock_ahead_pauses_no_other(clock: FixedClock) -> None:
    at = clock.now()
    ahead, soon = at + timedelta(days=30), at + SKEW

    assert has_risen(700_00, 500_00, ahead, at)
    assert may_tell_charge(ahead, at)
    assert not has_risen(700_00, 500_00, soon, at)
    assert not may_tell_charge(soon, at)


def test_who_died_while_the_clock_was_ahead_is_listed_no_longer(world: ChargingWorld) -> None:
    world.clock.step(days=30)
    for number in range(30):
        heartbeat.beat(world.store, f"dead {number}", world.store.now(), told=Told())
    measures.report(world.store, "dead", measures.Process("web", {}), {})
    world.clock.step(days=-30)

    heartbeat.beat(world.store, "living", world.store.now(), told=Told())
    with world.store.read() as session:
        running = measures.processes(session)
    measures.report(world.store, "living", measures.Process("web", {}), {})

    with world.store.read() as session:
        names = [heart.name for heart in work_queue.workers(session)]
    assert (names, running) == (["living"], [])
    assert (count(world, WorkerRow), count(world, ProcessReport)) == (1, 1)
