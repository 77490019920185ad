"""The guard before what is due by the clock: a clock far beyond the last work charges nobody until it is confirmed."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.belief import EVEN, OUTAGE, Belief, Reading, ahead, decide
from host_stub.persistence import ClockMark, Reseller, Store
from host_stub.persistence.store import now
from host_stub.services.telling.journal import log

#: How often the mark is written while all is well; an outage is measured from it.
MARK_EVERY: Final = timedelta(minutes=1)
_ONLY: Final = 1

_logger = structlog.get_logger(__name__)


class ClockGuard:
    """What one process makes of its clock. For many threads.

    belief, beyond: as of the last look; how far the clock is ahead.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._believed: Reading | None = None
        self._last: Reading | None = None
        self._doubted_since = 0.0
        self._marked_at: datetime | None = None
        self.belief = Belief.BELIEVED
        self.beyond = timedelta()

    def believes(self) -> bool:
        """Look at the clock and say whether what is due by it may be done."""
        with self._lock:
            reading = Reading(self._store.now(), self._store.ticks())
            even = self._last is not None and abs(reading.wall - self._last.expects(reading.ticks)) <= EVEN
            if not even:
                self._doubted_since = reading.ticks
            self._last = reading
            if not (even and self.belief is Belief.BELIEVED):
                self._judge(reading)
            if self.belief is Belief.BELIEVED:
                self._believed = reading
                self._mark(reading.wall)
            return self.belief is Belief.BELIEVED

    def _judge(self, reading: Reading) -> None:
        with self._store.read() as session:
            mark = marked(session)
        before, self.beyond = self.belief, ahead(reading, self._believed, mark)
        self.belief = decide(self.beyond, timedelta(seconds=reading.ticks - self._doubted_since))
        if self.belief is not before:
            told = _logger.info if self.belief is Belief.BELIEVED else _logger.error
            told("clock_" + self.belief.value, ahead_seconds=int(self.beyond.total_seconds()))

    def _mark(self, at: datetime) -> None:
        if self._marked_at is not None and abs(at - self._marked_at) < MARK_EVERY:
            return
        with self._store.write() as session:
            _write(session, at)
        self._marked_at = at


def marked(session: Session) -> datetime | None:
    """Return the latest instant at which a clock was believed; None before any worker ran."""
    return session.scalars(select(ClockMark.at).where(ClockMark.id == _ONLY)).one_or_none()


def needs_a_person(session: Session) -> timedelta | None:
    """Return how far the clock is ahead of the last work, if a worker would wait for a person because of it."""
    mark = marked(session)
    beyond = now(session) - mark if mark is not None else timedelta()
    return beyond if beyond > OUTAGE else None


def confirm(store: Store, by: Actor) -> datetime:
    """Say for a person that the clock is right, and return what it shows; workers go on with what is due."""
    with store.write() as session:
        at = now(session)
        _write(session, at)
        operator = session.scalars(select(Reseller.id).where(Reseller.is_operator)).first()
        if operator is not None:
            log(
                session,
                "reseller",
                operator,
                "reseller.clock_confirmed",
                reseller_id=operator,
                by=by,
                at=at.isoformat(),
            )
    return at


def _write(session: Session, at: datetime) -> None:
    """Move the mark on. It never goes back: what was believed once was acted upon."""
    row = session.get(ClockMark, _ONLY, with_for_update=True)
    if row is None:
        session.add(ClockMark(id=_ONLY, at=at))
    elif row.at < at:
        row.at = at
