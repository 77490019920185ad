"""Several messages of one number at the gateway: whoever credits one of them by hand credits the number, once."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import CreditedBefore
from host_stub.persistence import GatewayEvent, LedgerTransaction
from host_stub.persistence.store import catch_up, fetch
from host_stub.services.books import ledger


def lock(session: Session, event: GatewayEvent) -> None:
    """Lock every message of the event's number, in one order: whoever settles another one of them waits."""
    locked = _of_number(event).order_by(GatewayEvent.id).with_for_update(key_share=True)
    session.scalars(locked.execution_options(populate_existing=True)).all()
    catch_up(session)


def must_be_first(session: Session, event: GatewayEvent) -> None:
    """Raise CreditedBefore if the locked number was credited, by hand or by the gateway."""
    header = ledger.find(session, event.reseller_id, event.source, event.external_id) or _credited(session, event)
    if header is not None:
        raise CreditedBefore(Actor.parse(header.actor).name, header.at.isoformat())


def _credited(session: Session, event: GatewayEvent) -> LedgerTransaction | None:
    """Return the credit of another message: earlier versions posted it under a key of the message alone."""
    credited = _of_number(event).where(GatewayEvent.id != event.id, GatewayEvent.transaction_id.is_not(None))
    other = session.scalars(credited.order_by(GatewayEvent.id).limit(1)).one_or_none()
    if other is None or other.transaction_id is None:
        return None
    return fetch(session, LedgerTransaction, other.transaction_id)


def _of_number(event: GatewayEvent) -> Select[GatewayEvent]:
    return select(GatewayEvent).where(
        GatewayEvent.reseller_id == event.reseller_id,
        GatewayEvent.source == event.source,
        GatewayEvent.external_id == event.external_id,
    )
