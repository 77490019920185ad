"""Limits on how often something may be tried, counted in the database so that all processes agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Final

from sqlalchemy import ColumnElement, case, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from host_stub.domain.errors import RefusedError
from host_stub.domain.instants import SKEW, is_over
from host_stub.persistence import RateLimit
from host_stub.persistence.store import now

#: No window is longer: counts that are older are purged.
LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries per key within `window`; the window begins with the first one."""

    name: str
    most: int
    window: timedelta

    def __post_init__(self) -> None:
        if self.window > LONGEST:
            raise ValueError(f"{self.name}: counts are purged after {LONGEST}")


LINK_ADDRESS: Final = Limit("link-address", 30, timedelta(minutes=15))
#: Wrong capabilities (`h`) per client address.
CAPABILITY_ADDRESS: Final = Limit("capability-address", 30, timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one person, and all people of one reseller together, may do something within `window`."""

    name: str
    person: int
    reseller: int
    window: timedelta = timedelta(minutes=15)


INVITATIONS: Final = Pace("invitations", 20, 100)
TOP_UPS: Final = Pace("top-ups", 30, 1000)
STARTS: Final = Pace("starts", 30, 1000)
#: What payers type before a start: a code that is worth money may be guessed.
ANSWERS: Final = Pace("answers", 10, 300)
BILLS: Final = Pace("bills", 60, 2000)
PREVIEWS: Final = Pace("previews", 60, 300)
UPLOADS: Final = Pace("uploads", 20, 100)
PLUGIN_FORMS: Final = Pace("plugin-forms", 120, 2000)
#: All of them; docs/security.md lists them.
PACES: Final = (INVITATIONS, TOP_UPS, STARTS, ANSWERS, BILLS, PREVIEWS, UPLOADS, PLUGIN_FORMS)


class TooManyAttempts(RefusedError):
    """Try again at `until`. Answered 429."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"until {until.isoformat()}")
        self.until = until


def take(session: Session, limit: Limit, key: str) -> None:
    """Count one try, before it is made: parallel tries cannot slip through together.

    The caller commits the count even when it refuses. Raises TooManyAttempts, after counting.
    """
    until = count(session, limit, key)
    if until is not None:
        raise TooManyAttempts(until)


def count(session: Session, limit: Limit, key: str) -> datetime | None:
    """Count one try. Return None if it is allowed, else the instant when the window ends."""
    at = now(session)
    over = _over(at, limit.window)
    dialect = session.get_bind().dialect.name
    insert = (
        (postgresql if dialect == "postgresql" else sqlite)
        .insert(RateLimit)
        .values(key=_key(limit, key), window_started_at=at, count=1)
    )
    statement = insert.on_conflict_do_update(
        index_elements=[RateLimit.key],
        set_={
            "count": case((over, 1), else_=RateLimit.count + 1),
            "window_started_at": case((over, insert.excluded.window_started_at), else_=RateLimit.window_started_at),
        },
    )
    tries, started = session.execute(statement.returning(RateLimit.count, RateLimit.window_started_at)).one()
    until: datetime = started + limit.window
    return until if tries > limit.most else None


def keep_pace(session: Session, pace: Pace, person: str, reseller: str) -> datetime | None:
    """Count one try of a person of a reseller. Return None if it is allowed, else the instant to come back at.

    Who is refused as a person takes nothing from their reseller's share.
    """
    until = count(session, Limit(f"{pace.name}-person", pace.person, pace.window), person)
    return until or count(session, Limit(f"{pace.name}-reseller", pace.reseller, pace.window), reseller)


def exhausted(session: Session, limit: Limit, key: str) -> datetime | None:
    """Say, without counting, whether a further try would be refused, and until when."""
    row = session.get(RateLimit, _key(limit, key))
    if row is None or row.count < limit.most or is_over(row.window_started_at, limit.window, now(session)):
        return None
    return row.window_started_at + limit.window


def give_back(session: Session, limit: Limit, key: str) -> None:
    """Uncount a try that turned out to be in order."""
    session.execute(
        update(RateLimit)
        .where(RateLimit.key == _key(limit, key), RateLimit.count > 0)
        .values(count=RateLimit.count - 1)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, limit: Limit, key: str) -> None:
    """Forget all tries of a key."""
    session.execute(
        delete(RateLimit).where(RateLimit.key == _key(limit, key)).execution_options(synchronize_session=False)
    )


def purge(session: Session) -> None:
    """Delete the counts of windows that are over."""
    session.execute(delete(RateLimit).where(_over(now(session), LONGEST)).execution_options(synchronize_session=False))


def _over(at: datetime, window: timedelta) -> ColumnElement[bool]:
    """Return the condition that a window is over, as `domain.instants.is_over` says."""
    began = RateLimit.window_started_at
    return or_(began <= at - window, began > at + SKEW)


def network(address: str) -> str:
    """Return what an address counts as: itself, or the /64 of an IPv6 one, which one client has whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)


def _key(limit: Limit, key: str) -> str:
    # People type passwords into the wrong field: what was typed is not kept in clear.
    return f"{limit.name}:{sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"
