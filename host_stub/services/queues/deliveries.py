"""The local driver of the outbox: workers claim lanes by lease, deliver outside any transaction, and write the result.

A lane is what is delivered in order. Its row holds lease and back-off, so a claim costs the same however much waits.
Locks are taken in one order everywhere, rows of the business first and the lane last: whoever tells a fact holds its
account before it touches the lane.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

import structlog
from sqlalchemy import delete, exists, func, literal, select, update
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import NotFound
from host_stub.persistence import Lane, Outbox, Store
from host_stub.persistence.store import catch_up, fetch, now, ticks
from host_stub.services.queues import outbox
from host_stub.services.queues.claims import BATCH, LEASE, Task, Turns, claim, head
from host_stub.services.telling.journal import log

__all__ = ["BATCH", "LEASE", "Task", "Turns", "claim"]

#: A delivery is begun with at least so much left of its lease; its own time limits keep it below.
LEAST_TIME: Final = timedelta(seconds=90)
#: What was claimed together is let go once it has taken so long: others may be free for what is left of it.
LONG_SECONDS: Final = 2.0
#: What was taken up less often is not given up for its age.
LEAST_TRIES: Final = 100

_logger = structlog.get_logger(__name__)

#: What a delivery asks to be written together with the release of its row.
Effects = Callable[[Session], None]


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
    """Not this fact's fault, or too early: tried again after `wait`, and not counted (but see Policy.patience).

    whole_batch: nothing else would fare better now, so nothing else claimed with it is tried.
    effects: as of Failed.
    """

    error: str
    wait: timedelta
    whole_batch: bool = False
    effects: Callable[[Session, bool], None] | None = None


End = Delivered | Failed | Postponed


@dataclass(frozen=True, slots=True)
class Underway:
    """The end is not seen yet. The lease goes on for `longest`, and `await_end` tells the outcome when it comes.

    await_end: called once, returns at once, and calls its argument in a thread of the receiver's own.
    """

    longest: timedelta
    await_end: Callable[[Callable[[End], None]], None]


Outcome = End | Underway


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a receiver is. attempts: failures after which a fact is dead.

    patience: the age at which what is only ever postponed is dead, too; None if something else is its end.
    """

    attempts: int
    first_wait: timedelta
    longest_wait: timedelta
    patience: timedelta | None = None

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


def work(
    store: Store,
    worker: str,
    receiver_name: str,
    receiver: Receiver,
    *,
    limit: int = BATCH,
    turns: Turns | None = None,
) -> int:
    """Deliver what is ready for one receiver; return how many facts were taken up.

    receiver_name: as in the outbox. limit: lanes, each with one fact. turns: the same for all threads of a process.
    """
    tasks = claim(store, worker, receiver_name, limit=limit, turns=turns)
    began = store.ticks()
    for number, task in enumerate(tasks):
        if number and store.ticks() - began > LONG_SECONDS:
            _give_back(store, tasks[number:], Postponed("", timedelta()), receiver.policy)
            break
        outcome = deliver(store, receiver, task)
        if isinstance(outcome, Postponed) and outcome.whole_batch:
            # Its error is not theirs.
            _give_back(store, tasks[number + 1 :], Postponed("", outcome.wait), receiver.policy)
            break
    return len(tasks)


def _give_back(store: Store, tasks: Sequence[Task], why: Postponed, policy: Policy) -> None:
    """Let go of facts that were claimed and will not be tried now."""
    for task in tasks:
        with contextlib.suppress(LeaseLost):
            finish(store, task, why, policy)


def deliver(store: Store, receiver: Receiver, task: Task) -> Outcome:
    """Call the receiver and write what came of it; return the outcome."""
    try:
        outcome = receiver.deliver(task)
    except Exception as error:  # noqa: BLE001  a receiver that breaks must not stop the others
        outcome = Failed(_words(error))
    return _close(store, receiver.policy, task, outcome)


def _hold_on(store: Store, policy: Policy, task: Task, outcome: Underway) -> None:
    """Lengthen the lease until the end is seen. The receiver sees the end even if the lease is lost."""
    held = replace(task, lease_ends=store.ticks() + outcome.longest.total_seconds())
    owned = False
    try:
        finish(store, task, outcome, policy)
        owned = True
    finally:
        outcome.await_end(lambda end: _end(store, policy, held, end) if owned else None)


def _close(store: Store, policy: Policy, task: Task, outcome: Outcome) -> Outcome:
    if isinstance(outcome, Underway):
        with contextlib.suppress(LeaseLost):
            _hold_on(store, policy, task, outcome)
        return outcome
    try:
        outcome = _written(store, task, outcome, policy)
    except LeaseLost:
        _logger.warning("lease_lost", outbox_id=task.id, receiver=task.receiver)
        return outcome
    if not isinstance(outcome, Delivered) and outcome.error:
        _logger.warning("delivery_failed", outbox_id=task.id, receiver=task.receiver, error=outcome.error)
    return outcome


def _end(store: Store, policy: Policy, task: Task, outcome: End) -> None:
    """Write what became of a delivery that was under way. While the database is away, the lease is what ends it."""
    try:
        _close(store, policy, task, outcome)
    except Exception:
        _logger.exception("late_outcome_lost", outbox_id=task.id, receiver=task.receiver)


def _written(store: Store, task: Task, outcome: End, policy: Policy) -> End:
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
            case Underway(longest):
                _wait(session, _own_lane(session, task), longest, worker=task.token)
            case Postponed():
                _postpone(session, task, outcome, policy)
            case Failed():
                _note_failure(session, task, outcome, policy)


def _run(effects: Effects | None, session: Session) -> None:
    if effects is not None:
        effects(session)
        session.flush()


def _postpone(session: Session, task: Task, outcome: Postponed, policy: Policy) -> None:
    # A clock that is ahead for a while makes nothing old that was hardly tried.
    dead = (
        policy.patience is not None
        and now(session) - task.created_at > policy.patience
        and task.tries >= LEAST_TRIES
    )  # fmt: skip
    if outcome.effects is not None:
        outcome.effects(session, dead)
        session.flush()
    lane = _own_lane(session, task)
    if outcome.error:
        session.execute(update(Outbox).where(Outbox.id == task.id).values(last_error=outcome.error[:500]))
    if dead:
        _bury(session, fetch(session, Outbox, task.id), lane)
    else:
        _wait(session, lane, outcome.wait)


def _wait(session: Session, lane: Lane, wait: timedelta, worker: str = "") -> None:
    lane.ready_at, lane.set_at, lane.worker = now(session) + wait, now(session), worker


def _bury(session: Session, row: Outbox, lane: Lane) -> None:
    row.dead_at = now(session)
    session.flush()
    _advance(session, lane)


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
        _bury(session, row, lane)
    else:
        _wait(session, lane, policy.wait(failures))


def _own_lane(session: Session, task: Task) -> Lane:
    """Lock the lane and return it. Raises LeaseLost."""
    query = select(Lane).where(Lane.receiver == task.receiver, Lane.lane == task.lane).with_for_update()
    lane = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    catch_up(session)
    # By the steady clock: a wall clock that was set takes no lease away, and lengthens none.
    if lane is None or lane.worker != task.token or ticks(session) >= task.lease_ends:
        raise LeaseLost(task.id)
    return lane


def _advance(session: Session, lane: Lane) -> None:
    """Open the locked lane for its next fact, or delete it.

    The next fact is looked for after the lane was locked: a producer that wrote one meanwhile has either committed,
    and is seen, or waits for the lane and makes it anew.
    """
    if head(session, lane.receiver, lane.lane) is None:
        session.delete(lane)
    else:
        lane.tries = 0
        _wait(session, lane, timedelta())


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
        outbox.open_lane(session, row.receiver, row.lane, reseller_id=row.reseller_id)


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
    stranded = select(Outbox.receiver, Outbox.lane, func.min(Outbox.reseller_id)).where(Outbox.dead_at.is_(None), ~lane)
    stranded = stranded.group_by(Outbox.receiver, Outbox.lane).limit(limit)
    with store.read() as session:
        found = session.execute(stranded).all()
    for receiver, name, reseller_id in found:
        with store.write() as session:
            outbox.open_lane(session, receiver, name, reseller_id=reseller_id)
            _logger.error("lane_was_lost", receiver=receiver, lane=name)
    return len(found)


def _words(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:500]
