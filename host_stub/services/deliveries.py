"""The local driver of the outbox: workers claim lanes by lease, deliver outside any transaction, and write the result.

A lane is what is delivered in order. Its row holds lease and back-off, so a claim costs the same however much waits.
Locks are taken in one order everywhere, rows of the business first and the lane last: whoever tells a fact holds its
account before it touches the lane.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import delete, exists, literal, select, update
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import NotFound
from host_stub.persistence import Lane, Outbox, Store
from host_stub.persistence.store import catch_up, fetch, now
from host_stub.services import outbox
from host_stub.services.journal import log

LEASE: Final = timedelta(seconds=120)
BATCH: Final = 20
#: A delivery is begun only with this much left of the lease; its own time limits keep it below.
LEAST_TIME: Final = timedelta(seconds=90)

_logger = structlog.get_logger(__name__)

#: What a delivery asks to be written together with the release of its row.
Effects = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed fact. token: the lease; who holds another one may not write. leased_until: its end."""

    id: int
    receiver: str
    lane: str
    reseller_id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    token: str
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it.

    refused: what to write, with the reason, when the effects could not be written and the delivery counts as failed.
    """

    effects: Effects | None = None
    refused: Callable[[Session, str], None] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """This fact could not be delivered: it is tried again later, and set aside as dead after too many failures.

    effects: what to write about it; its argument says whether the fact is given up now.
    """

    error: str
    effects: Callable[[Session, bool], None] | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not this fact's fault, or too early: tried again after `wait`, however often that takes.

    whole_batch: nothing else would fare better now, so nothing else claimed with it is tried.
    """

    error: str
    wait: timedelta
    whole_batch: bool = False


Outcome = Delivered | Failed | Postponed


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a receiver is. attempts: failures after which a fact is dead."""

    attempts: int
    first_wait: timedelta
    longest_wait: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return the time until the next try after the n-th failure: doubling, bounded."""
        return min(self.first_wait * (1 << min(failures - 1, 20)), self.longest_wait)


class Receiver(Protocol):
    """Delivers facts of one kind to somebody."""

    policy: Policy

    def deliver(self, task: Task) -> Outcome:
        """Deliver a fact, outside any write transaction. An exception counts as Failed."""


class LeaseLost(Exception):
    """Somebody else may be delivering the fact by now: nothing is written."""


def work(store: Store, worker: str, receiver_name: str, receiver: Receiver, *, limit: int = BATCH) -> int:
    """Deliver what is ready for one receiver; return how many facts were taken up.

    receiver_name: as in the outbox. limit: lanes, each with one fact.
    """
    tasks = claim(store, worker, receiver_name, limit=limit)
    for number, task in enumerate(tasks):
        if task.leased_until - store.now() < LEAST_TIME:
            _give_back(store, tasks[number:], Postponed("others took too long", timedelta()), receiver.policy)
            break
        outcome = deliver(store, receiver, task)
        if isinstance(outcome, Postponed) and outcome.whole_batch:
            _give_back(store, tasks[number + 1 :], outcome, receiver.policy)
            break
    return len(tasks)


def _give_back(store: Store, tasks: Sequence[Task], why: Postponed, policy: Policy) -> None:
    """Let go of facts that were claimed and will not be tried now."""
    for task in tasks:
        with contextlib.suppress(LeaseLost):
            finish(store, task, why, policy)


def claim(store: Store, worker: str, receiver_name: str, *, limit: int = BATCH, lease: timedelta = LEASE) -> list[Task]:
    """Lease the lanes that have waited longest and return the oldest fact of each.

    Nobody else gets these lanes until the lease is over; a worker that dies simply lets it run out.
    """
    with store.read() as session:
        if session.execute(_ready(session, receiver_name).limit(1)).first() is None:
            return []
    with store.write() as session:
        query = _ready(session, receiver_name).order_by(Lane.ready_at).limit(limit).with_for_update(skip_locked=True)
        lanes = [(row.receiver, row.lane) for row in session.execute(query)]
        token = f"{worker}/{secrets.token_hex(8)}"
        return [task for lane in lanes if (task := _lease(session, *lane, token, lease)) is not None]


def _ready(session: Session, receiver_name: str) -> Any:
    return select(Lane.receiver, Lane.lane).where(Lane.receiver == receiver_name, Lane.ready_at <= now(session))


def _lease(session: Session, receiver: str, lane: str, token: str, lease: timedelta) -> Task | None:
    head, until = _head(session, receiver, lane), now(session) + lease
    if head is None:
        session.execute(delete(Lane).where(Lane.receiver == receiver, Lane.lane == lane))
        return None
    session.execute(
        update(Lane)
        .where(Lane.receiver == receiver, Lane.lane == lane)
        .values(ready_at=until, worker=token, tries=Lane.tries + 1)
    )
    return Task(
        id=head.id,
        receiver=receiver,
        lane=lane,
        reseller_id=head.reseller_id,
        kind=head.kind,
        payload=dict(head.payload),
        attempts=head.attempts,
        created_at=head.created_at,
        token=token,
        leased_until=until,
    )


def _head(session: Session, receiver: str, lane: str) -> Outbox | None:
    query = select(Outbox).where(Outbox.receiver == receiver, Outbox.lane == lane, Outbox.dead_at.is_(None))
    return session.scalars(query.order_by(Outbox.id).limit(1)).one_or_none()


def deliver(store: Store, receiver: Receiver, task: Task) -> Outcome:
    """Call the receiver and write what came of it; return the outcome."""
    try:
        outcome = receiver.deliver(task)
    except Exception as error:  # noqa: BLE001  a receiver that breaks must not stop the others
        outcome = Failed(_words(error))
    try:
        outcome = _written(store, task, outcome, receiver.policy)
    except LeaseLost:
        _logger.warning("lease_lost", outbox_id=task.id, receiver=task.receiver)
    if not isinstance(outcome, Delivered):
        _logger.warning("delivery_failed", outbox_id=task.id, receiver=task.receiver, error=outcome.error)
    return outcome


def _written(store: Store, task: Task, outcome: Outcome, policy: Policy) -> Outcome:
    """Write an outcome and return it. Effects that cannot be written mean that the fact is not delivered."""
    try:
        finish(store, task, outcome, policy)
    except LeaseLost:
        raise
    except Exception as error:
        if not isinstance(outcome, Delivered):
            raise
        outcome = _refused(outcome, _words(error))
        finish(store, task, outcome, policy)
    return outcome


def _refused(outcome: Delivered, why: str) -> Failed:
    tell = outcome.refused
    return Failed(why, (lambda session, _dead: tell(session, why)) if tell is not None else None)


def finish(store: Store, task: Task, outcome: Outcome, policy: Policy) -> None:
    """Write effects and the release (or the back-off) of a fact in one short transaction.

    Raises LeaseLost, with nothing written, if the lease ran out or passed to somebody else.
    """
    with store.write() as session:
        match outcome:
            case Delivered(effects):
                _run(effects, session)
                lane = _own_lane(session, task)
                session.execute(delete(Outbox).where(Outbox.id == task.id))
                _advance(session, lane)
            case Postponed(error, wait):
                lane = _own_lane(session, task)
                session.execute(update(Outbox).where(Outbox.id == task.id).values(last_error=error[:500]))
                lane.ready_at, lane.worker = now(session) + wait, ""
            case Failed():
                _note_failure(session, task, outcome, policy)


def _run(effects: Effects | None, session: Session) -> None:
    if effects is not None:
        effects(session)
        session.flush()


def _note_failure(session: Session, task: Task, outcome: Failed, policy: Policy) -> None:
    failures = task.attempts + 1
    dead = failures >= policy.attempts
    if outcome.effects is not None:
        outcome.effects(session, dead)
        session.flush()
    lane = _own_lane(session, task)
    row = fetch(session, Outbox, task.id)
    row.attempts, row.last_error = failures, outcome.error[:500]
    if dead:
        row.dead_at = now(session)
        session.flush()
        _advance(session, lane)
    else:
        lane.ready_at, lane.worker = now(session) + policy.wait(failures), ""


def _own_lane(session: Session, task: Task) -> Lane:
    """Lock the lane and return it. Raises LeaseLost."""
    query = select(Lane).where(Lane.receiver == task.receiver, Lane.lane == task.lane).with_for_update()
    lane = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    catch_up(session)
    if lane is None or lane.worker != task.token or lane.ready_at <= now(session):
        raise LeaseLost(task.id)
    return lane


def _advance(session: Session, lane: Lane) -> None:
    """Open the locked lane for its next fact, or delete it.

    The next fact is looked for after the lane was locked: a producer that wrote one meanwhile has either committed,
    and is seen, or waits for the lane and makes it anew.
    """
    if _head(session, lane.receiver, lane.lane) is None:
        session.delete(lane)
    else:
        lane.ready_at, lane.tries, lane.worker = now(session), 0, ""


def retry_dead(store: Store, outbox_id: int, by: Actor) -> None:
    """Deliver a dead fact again, from the first attempt. Raises NotFound if it is not dead any more."""
    with store.write() as session:
        row = fetch(session, Outbox, outbox_id, lock=True)
        if row.dead_at is None:
            raise NotFound("dead letter", outbox_id)
        row.dead_at, row.attempts = None, 0
        log(
            session,
            "delivery",
            row.id,
            "delivery.retried",
            reseller_id=row.reseller_id,
            by=by,
            receiver=row.receiver,
            error=row.last_error,
        )
        session.flush()
        outbox.open_lane(session, row.receiver, row.lane)


def dead_letters(session: Session, *, limit: int = 100) -> Sequence[Outbox]:
    """Return the facts that were given up, in the unit's scope, oldest first."""
    query = select(Outbox).where(Outbox.dead_at.is_not(None)).order_by(Outbox.dead_at, Outbox.id).limit(limit)
    return session.scalars(query).all()


def failing(session: Session, *, limit: int = 100) -> Sequence[Outbox]:
    """Return the facts whose last delivery failed and that will be tried again, oldest first."""
    query = select(Outbox).where(Outbox.dead_at.is_(None), Outbox.last_error != literal("", literal_execute=True))
    return session.scalars(query.order_by(Outbox.id).limit(limit)).all()


def sweep(store: Store, *, limit: int = 1000) -> int:
    """Open lanes for facts that lost theirs; return how many. There should be none: this is the belt to the braces."""
    lane = exists().where(Lane.receiver == Outbox.receiver, Lane.lane == Outbox.lane)
    stranded = select(Outbox.receiver, Outbox.lane).where(Outbox.dead_at.is_(None), ~lane).distinct().limit(limit)
    with store.read() as session:
        found = session.execute(stranded).all()
    for receiver, name in found:
        with store.write() as session:
            outbox.open_lane(session, receiver, name)
            _logger.error("lane_was_lost", receiver=receiver, lane=name)
    return len(found)


def _words(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:500]
