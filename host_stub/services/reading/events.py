"""What gateways said, as managers see it: credited, parked, settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billhook import Money
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.persistence.listings import Cursor, Listing, Search, contains, list_page
from host_stub.persistence.store import fetch
from host_stub.services.money_in import gateway
from host_stub.services.reading import methods, resellers, work_queue
from host_stub.services.reading.methods import Method
from host_stub.services.reading.resellers import ResellerName


@dataclass(frozen=True, slots=True)
class Event:
    """source: plugin and merchant, `a:b`. reason: why it was parked, a Reason. settled_by: an Actor, as text."""

    id: int
    reseller_id: int
    method_id: int
    payment_id: int | None
    source: str
    external_id: str
    reference: str
    amount: Money
    is_test: bool
    details: Mapping[str, Any]
    verdict: str
    reason: str
    deliveries: int
    received_at: datetime
    settled_at: datetime | None
    settled_by: str
    settlement: str

    @property
    def waits(self) -> bool:
        return self.verdict == gateway.PARKED and self.settled_at is None


def of(row: rows.GatewayEvent) -> Event:
    return Event(
        id=row.id,
        reseller_id=row.reseller_id,
        method_id=row.method_id,
        payment_id=row.payment_id,
        source=row.source,
        external_id=row.external_id,
        reference=row.reference,
        amount=Money(row.amount_minor, row.currency),
        is_test=row.is_test,
        details=dict(row.details or {}),
        verdict=row.verdict,
        reason=row.reason,
        deliveries=row.deliveries,
        received_at=row.received_at,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        settlement=row.settlement,
    )


def event(session: Session, event_id: int) -> Event:
    """Raises NotFound."""
    return of(fetch(session, rows.GatewayEvent, event_id))


def body(session: Session, event_id: int) -> bytes:
    """Return the message as it came. Raises NotFound."""
    return fetch(session, rows.GatewayEvent, event_id).body


def of_payment(session: Session, payment_id: int) -> list[Event]:
    """Return what was said about a payment, newest first."""
    query = select(rows.GatewayEvent).where(rows.GatewayEvent.payment_id == payment_id)
    return [of(row) for row in session.scalars(query.order_by(rows.GatewayEvent.id.desc()))]


def list_events(session: Session, status: str, text: str, cursor: Cursor) -> Listing[tuple[Event, Method]]:
    """Return a page of events with their methods.

    status: empty for what is parked and not settled, oldest first; `all`, `credited`, `settled`: newest first.
    """
    found = list_page(
        session,
        _filtered(status),
        rows.GatewayEvent.id,
        cursor,
        oldest_first=not status,
        search=_search(text),
    )
    return found.of(lambda row: (of(row[0]), methods.of(row[1])))


def _filtered(status: str) -> Select[Any]:
    query = work_queue.parked() if not status else select(rows.GatewayEvent)
    if status == "credited":
        query = query.where(rows.GatewayEvent.verdict == gateway.CREDITED)
    elif status == "settled":
        query = query.where(rows.GatewayEvent.settled_at.is_not(None))
    return query.join(rows.PaymentMethod, rows.PaymentMethod.id == rows.GatewayEvent.method_id).add_columns(
        rows.PaymentMethod
    )


def list_parked(session: Session, text: str, cursor: Cursor) -> Listing[tuple[Event, ResellerName]]:
    """Return a page of what is parked and not settled, of all resellers, oldest first."""
    query = work_queue.parked().join(rows.Reseller, rows.Reseller.id == rows.GatewayEvent.reseller_id)
    found = list_page(
        session,
        query.add_columns(rows.Reseller),
        rows.GatewayEvent.id,
        cursor,
        oldest_first=True,
        search=_search(text),
    )
    return found.of(lambda row: (of(row[0]), resellers.name_of(row[1])))


def _search(text: str) -> Search | None:
    return Search(contains(text, rows.GatewayEvent.folded)) if text else None
