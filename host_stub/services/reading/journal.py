"""The log as pages show it: the lines about one object, and all of a reseller's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.persistence import LogEntry
from host_stub.persistence.listings import Cursor, Listing, Search, list_page
from host_stub.services.reading import searching
from host_stub.services.telling import object_names


@dataclass(frozen=True, slots=True)
class Entry:
    """A line. actor: an Actor, as text. action: the code of a sentence, whose words `details` fills."""

    object_kind: str
    object_id: int
    at: datetime
    actor: str
    action: str
    details: Mapping[str, Any]


def of(row: LogEntry) -> Entry:
    return Entry(row.object_kind, row.object_id, row.at, row.actor, row.action, dict(row.details or {}))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader of the whole log looks for. act: a kind (`payment`) or an action (`payment.paid`), empty for any.

    since, until: from this instant, and before that one. sign_ins: those alone, else everything but them.
    """

    act: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    sign_ins: bool = False


SIGN_IN: Final = "user.signed_in"


@dataclass(frozen=True, slots=True)
class Named:
    """A line with the name that people know its object by; empty if it is gone or has none."""

    entry: Entry
    name: str


def list_entries(session: Session, wanted: Wanted, cursor: Cursor) -> Listing[Named]:
    """Return a page of the log of the unit's scope, newest first; its lines are not counted."""
    words = wanted.text
    search = Search(searching.log_lines(words).words | object_names.called(words)) if words else None
    listing = list_page(session, _found(wanted), LogEntry.id, cursor, count=False, search=search).of(of)
    known = object_names.names(session, [(entry.object_kind, entry.object_id) for entry in listing.rows])
    return listing.of(lambda entry: Named(entry, known.get((entry.object_kind, entry.object_id), "")))


def _found(wanted: Wanted) -> Select[Any]:
    query = select(LogEntry).where((LogEntry.action == SIGN_IN) if wanted.sign_ins else (LogEntry.action != SIGN_IN))
    if wanted.act:
        column = LogEntry.action if "." in wanted.act else LogEntry.object_kind
        query = query.where(column == wanted.act)
    if wanted.since:
        query = query.where(LogEntry.at >= wanted.since)
    return query.where(LogEntry.at < wanted.until) if wanted.until else query


def entries(session: Session, kind: str, object_id: int, *, limit: int = 100) -> list[Entry]:
    """Return the newest lines about an object, newest first."""
    query = (
        select(LogEntry)
        .where(LogEntry.object_kind == kind, LogEntry.object_id == object_id)
        .order_by(LogEntry.id.desc())
        .limit(limit)
    )
    return [of(row) for row in session.scalars(query)]
