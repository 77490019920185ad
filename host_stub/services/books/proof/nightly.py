"""The proof that the worker makes every night, check by check, and what the last one said.

Between two checks any worker may die: the proof goes on with the checks that it lacks. What it found stands on the
operator's start page, in the log, in `/metrics` and in the doctor.
"""

from __future__ import annotations

import time as monotonic_time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from host_stub.domain.instants import SKEW
from host_stub.persistence import Proof, Reseller, Store
from host_stub.persistence.store import now
from host_stub.services.books.proof import CHECKS, Check, Result, make

#: When a proof may begin, by the operator's clock.
BEGINS, ENDS = time(2), time(6)
#: How long one check may take before another worker makes it anew.
LEASE: Final = timedelta(minutes=30)
#: A proof that did not end by then is given up, and a last one that is older is told of.
OVERDUE: Final = timedelta(hours=36)
KEPT: Final = timedelta(days=90)
#: One step of the job ends after this many seconds and a check, so that the job is not taken for stuck.
STEP_SECONDS: Final = 120.0

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last proof that ended says. results: of every check."""

    ended_at: datetime
    results: Sequence[Result]

    @property
    def failing(self) -> list[Result]:
        return [result for result in self.results if result.found]

    @property
    def found(self) -> int:
        return sum(result.found for result in self.results)


def step(store: Store) -> int:
    """Make checks of tonight's proof for a while; return how many. By day: none, unless one is under way."""
    made, began = 0, monotonic_time.monotonic()
    while monotonic_time.monotonic() - began < STEP_SECONDS and (claimed := _claim(store)) is not None:
        proof_id, check = claimed
        _keep(store, proof_id, _made(store, check))
        made += 1
    return made


def keep(store: Store, results: Sequence[Result], started_at: datetime) -> None:
    """Keep a proof that was made by hand."""
    with store.write() as session:
        session.add(Proof(started_at=started_at, ended_at=now(session), checks=[asdict(each) for each in results]))


def last(session: Session) -> Standing | None:
    """Return what the last proof that ended says; None if there was none.

    One whose end lies ahead was kept by a clock that has been set back since: nobody can say how old it is.
    """
    query = select(Proof).where(Proof.ended_at <= now(session) + SKEW).order_by(Proof.id.desc()).limit(1)
    row = session.scalars(query).one_or_none()
    if row is None or row.ended_at is None:
        return None
    return Standing(row.ended_at, [Result(**each) for each in row.checks])


def overdue(session: Session, proved: Standing | None) -> bool:
    """Say whether a proof should have ended by now: the last is old, or the installation is and has none.

    proved: what `last` returns.
    """
    began = select(Reseller.created_at).where(Reseller.is_operator)
    since = proved.ended_at if proved else session.scalars(began).first()
    return since is not None and now(session) - since > OVERDUE


def _claim(store: Store) -> tuple[int, Check] | None:
    """Lease the next check of the proof that is under way or due; None if there is none, or another worker has it."""
    with store.read() as session:
        if _under_way(session) is None and _night(session) is None:
            return None
    try:
        return _leased(store)
    except IntegrityError:  # another worker began tonight's proof at this moment
        return None


def _leased(store: Store) -> tuple[int, Check] | None:
    with store.write() as session:
        row = _under_way(session, lock=True) or _begun(session)
        if row is None or _is_leased(row, now(session)):
            return None
        missing = _missing(row)
        if not missing:
            _end(session, row)
            return None
        row.busy_until = now(session) + LEASE
        session.flush()
        return row.id, missing[0]


def _is_leased(row: Proof, at: datetime) -> bool:
    """Say whether a worker may be at a check; a lease that is longer than one was taken by a clock that was ahead."""
    return row.busy_until is not None and at < row.busy_until <= at + LEASE + SKEW


def _under_way(session: Session, *, lock: bool = False) -> Proof | None:
    query = select(Proof).where(Proof.night.is_not(None), Proof.ended_at.is_(None))
    query = query.where(Proof.started_at > now(session) - OVERDUE).order_by(Proof.id.desc()).limit(1)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def _night(session: Session) -> date | None:
    """Return the night that it is at the operator's, if no proof was begun in it yet."""
    zone = session.scalars(select(Reseller.timezone).where(Reseller.is_operator)).first()
    local = now(session).astimezone(ZoneInfo(zone or "UTC"))
    if not BEGINS <= local.time() < ENDS:
        return None
    begun = session.scalars(select(Proof.id).where(Proof.night == local.date())).first()
    return local.date() if begun is None else None


def _begun(session: Session) -> Proof | None:
    """Begin tonight's proof; two workers at once collide on the night."""
    night = _night(session)
    if night is None:
        return None
    row = Proof(night=night, started_at=now(session), checks=[])
    session.add(row)
    return row


def _missing(row: Proof) -> list[Check]:
    made = {each["name"] for each in row.checks}
    return [check for check in CHECKS if check.name not in made]


def _made(store: Store, check: Check) -> Result:
    result = make(store, check)
    if result.found:
        _logger.error("proof_failed", check=check.name, rows=result.rows, found=result.found, shown=result.shown)
    return result


def _keep(store: Store, proof_id: int, result: Result) -> None:
    with store.write() as session:
        row = session.get(Proof, proof_id, with_for_update=True)
        if row is None:
            return
        row.checks = [*row.checks, asdict(replace(result))]
        row.busy_until = None
        if not _missing(row):
            _end(session, row)


def _end(session: Session, row: Proof) -> None:
    row.ended_at, row.busy_until = now(session), None
    found = sum(each["found"] for each in row.checks)
    _logger.log(40 if found else 20, "proof_ended", checks=len(row.checks), found=found)
    session.execute(delete(Proof).where(Proof.started_at < now(session) - KEPT))
