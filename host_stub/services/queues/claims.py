"""Whose turn it is: workers lease lanes, and the resellers of a receiver take turns.

A lane's wait is an instant of the wall clock, because processes and machines share it. It carries when it was written:
a wait that was written in the future was written by a clock that has been set back since, and is read anew.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from host_stub.adapters.clock import Clock
from host_stub.domain.instants import SKEW
from host_stub.persistence import Lane, Outbox, Store
from host_stub.persistence.store import now, ticks

LEASE: Final = timedelta(seconds=120)
BATCH: Final = 20

#: Receiver and lane.
_Key = tuple[str, str]

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed fact. token: the lease; who holds another one may not write.

    tries: how often it was taken up, this time included. lease_ends: by the steady clock of this process.
    """

    id: int
    receiver: str
    lane: str
    reseller_id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    token: str
    tries: int
    lease_ends: float


class Turns:
    """What a process remembers between claims of one receiver: who was served last, and how its clock ran. For threads.

    After a step of the wall clock, leases of others cannot be read for the length of a lease: what looks run out may
    be held, and taking it over would deliver it twice.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._served = 0
        self._read = (clock.now(), clock.ticks())
        self._stepped = -LEASE.total_seconds() + clock.ticks()

    def steady(self) -> bool:
        """Say whether leases of others can be read: the wall clock took no step within the length of a lease."""
        with self._lock:
            wall, passed = self._clock.now(), self._clock.ticks()
            expected = self._read[0] + timedelta(seconds=passed - self._read[1])
            if abs(wall - expected) > SKEW:
                self._stepped = passed
            self._read = (wall, passed)
            return passed - self._stepped >= LEASE.total_seconds()

    def next(self, resellers: Sequence[int], limit: int) -> list[int]:
        """Return those whose turn it is, at most `limit`. resellers: who has something ready, by id."""
        with self._lock:
            later = [each for each in resellers if each > self._served]
            chosen = [*later, *(each for each in resellers if each <= self._served)][:limit]
            if chosen:
                self._served = chosen[-1]
            return chosen


def claim(
    store: Store,
    worker: str,
    receiver_name: str,
    *,
    limit: int = BATCH,
    lease: timedelta = LEASE,
    turns: Turns | None = None,
) -> list[Task]:
    """Lease lanes and return the oldest fact of each: each reseller's in turn, its longest waiting first.

    Nobody else gets these lanes until the lease is over; a worker that dies simply lets it run out.
    """
    turns = turns or Turns(store.clock)
    steady = turns.steady()
    with store.read() as session:
        if not session.scalars(_resellers(receiver_name, now(session))).first():
            return []
    with store.write() as session:
        chosen = turns.next(list(session.scalars(_resellers(receiver_name, now(session)))), limit)
        lanes = [_lanes(session, receiver_name, each, -(-limit // len(chosen)), steady) for each in chosen]
        token = f"{worker}/{secrets.token_hex(8)}"
        leased = [_lease(session, lane, token, lease) for lane in _in_turn(lanes)[:limit]]
        return [task for task in leased if task is not None]


def _resellers(receiver_name: str, at: datetime) -> Select[Any]:
    """Return the query for who has something ready: it jumps from reseller to reseller, however much each has."""
    first = select(func.min(Lane.reseller_id).label("id")).where(Lane.receiver == receiver_name)
    who = first.cte("who", recursive=True)
    following = select(func.min(Lane.reseller_id)).where(Lane.receiver == receiver_name, Lane.reseller_id > who.c.id)
    step = select(following.scalar_subquery()).where(who.c.id.is_not(None))
    who = who.union_all(step)
    earliest = select(func.min(Lane.ready_at)).where(Lane.receiver == receiver_name, Lane.reseller_id == who.c.id)
    return select(who.c.id).where(who.c.id.is_not(None), earliest.scalar_subquery() <= at).order_by(who.c.id)


def _lanes(session: Session, receiver: str, reseller_id: int, limit: int, steady: bool) -> list[_Key]:
    ready = select(Lane.lane).where(
        Lane.receiver == receiver, Lane.reseller_id == reseller_id, Lane.ready_at <= now(session)
    )
    if not steady:
        ready = ready.where(Lane.worker == "")
    names = session.scalars(ready.order_by(Lane.ready_at).limit(limit).with_for_update(skip_locked=True))
    return [(receiver, name) for name in names]


def _in_turn(lanes: Sequence[Sequence[_Key]]) -> list[_Key]:
    """Return the first of each, then the second of each, and so on."""
    longest = max(map(len, lanes), default=0)
    return [each[n] for n in range(longest) for each in lanes if n < len(each)]


def _lease(session: Session, key: _Key, token: str, lease: timedelta) -> Task | None:
    receiver, lane = key
    task = head(session, receiver, lane)
    of_lane = (Lane.receiver == receiver, Lane.lane == lane)
    if task is None:
        session.execute(delete(Lane).where(*of_lane))
        return None
    leased = {"ready_at": now(session) + lease, "set_at": now(session), "worker": token, "tries": Lane.tries + 1}
    tries = session.scalars(update(Lane).where(*of_lane).values(leased).returning(Lane.tries)).one()
    return Task(
        id=task.id,
        receiver=receiver,
        lane=lane,
        reseller_id=task.reseller_id,
        kind=task.kind,
        payload=dict(task.payload),
        attempts=task.attempts,
        created_at=task.created_at,
        token=token,
        tries=tries,
        lease_ends=ticks(session) + lease.total_seconds(),
    )


def head(session: Session, receiver: str, lane: str) -> Outbox | None:
    """Return the oldest fact of a lane."""
    query = select(Outbox).where(Outbox.receiver == receiver, Outbox.lane == lane, Outbox.dead_at.is_(None))
    return session.scalars(query.order_by(Outbox.id).limit(1)).one_or_none()


def reread(store: Store, *, limit: int = 1000) -> int:
    """Read anew what a clock wrote that has been set back since: waits are over, leases begin again. Returns how many.

    A lease may be held by somebody who works: nobody may take it before its length has passed for certain.
    """
    with store.read() as session:
        ahead = select(Lane.receiver, Lane.lane).where(Lane.set_at > now(session) + SKEW).limit(limit)
        found = session.execute(ahead).all()
    if not found:
        return 0
    with store.write() as session:
        for receiver, lane in found:
            written = update(Lane).where(
                Lane.receiver == receiver, Lane.lane == lane, Lane.set_at > now(session) + SKEW
            )
            session.execute(written.where(Lane.worker == "").values(ready_at=now(session), set_at=now(session)))
            leased = {"ready_at": now(session) + LEASE, "set_at": now(session)}
            session.execute(written.where(Lane.worker != "").values(leased))
    _logger.warning("waits_read_anew", lanes=len(found))
    return len(found)
