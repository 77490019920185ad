"""Whether a reseller is open: asked by everything that would begin something new in its name."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.errors import NotFound, ResellerClosed
from host_stub.persistence import Reseller
from host_stub.persistence.store import fetch


def is_open(session: Session, reseller_id: int) -> bool:
    """Say whether a reseller is open, as this unit has read it."""
    return fetch(session, Reseller, reseller_id).closed_at is None


def must_be_open(session: Session, reseller_id: int) -> None:
    """Raise ResellerClosed unless the reseller is open, and keep it open until the unit ends.

    Whoever closes it waits for what was begun, and what comes later finds it closed. It is locked before anything
    else, by everybody; then come payments, accounts, subscriptions: whoever locks a payment first and asks this after
    it stands in the way of an approval that has locked the reseller and waits for the payment.
    Raises NotFound, ResellerClosed.
    """
    query = select(Reseller.id, Reseller.closed_at).where(Reseller.id == reseller_id).with_for_update(read=True)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("Reseller", reseller_id)
    if row.closed_at is not None:
        raise ResellerClosed(reseller_id)


def closed() -> Select[int]:
    """Return the query for the ids of all closed resellers; there are few."""
    return select(Reseller.id).where(Reseller.closed_at.is_not(None))
