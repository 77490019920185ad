"""Facts for receivers that were given up, or are being tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.persistence.listings import Cursor, Listing, list_page
from host_stub.services.queues import deliveries
from host_stub.services.reading import resellers, work_queue
from host_stub.services.reading.resellers import ResellerName


@dataclass(frozen=True, slots=True)
class Delivery:
    """receiver, kind: as in the outbox. dead_at: when it was given up, None while it is tried again."""

    id: int
    reseller_id: int
    receiver: str
    kind: str
    attempts: int
    last_error: str
    dead_at: datetime | None


def of(row: rows.Outbox) -> Delivery:
    return Delivery(row.id, row.reseller_id, row.receiver, row.kind, row.attempts, row.last_error, row.dead_at)


def list_given_up(session: Session, cursor: Cursor) -> Listing[Delivery]:
    """Return a page of what was given up in the unit's scope, oldest first."""
    return list_page(session, work_queue.dead_letters(), rows.Outbox.id, cursor, oldest_first=True).of(of)


def list_all_given_up(session: Session, cursor: Cursor) -> Listing[tuple[Delivery, ResellerName]]:
    """Return the same with whose it is."""
    query = work_queue.dead_letters().join(rows.Reseller, rows.Reseller.id == rows.Outbox.reseller_id)
    found = list_page(session, query.add_columns(rows.Reseller), rows.Outbox.id, cursor, oldest_first=True)
    return found.of(lambda row: (of(row[0]), resellers.name_of(row[1])))


def failing(session: Session, most: int) -> list[Delivery]:
    """Return what failed last time and will be tried again, oldest first."""
    return [of(row) for row in deliveries.failing(session, limit=most)]
