"""What stands of a payment, what is still due, and where it stands by that."""

from __future__ import annotations

from billhook import PaymentStatus
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_stub.domain.payments import status_of_credited, status_of_uncredited
from host_stub.persistence import Entry, GatewayOperation, LedgerTransaction, Leg, Payment
from host_stub.persistence.store import now


def standing(session: Session, payment_id: int) -> int:
    """Return what was credited for a payment and not taken back, in minor units."""
    query = (
        select(func.coalesce(func.sum(Entry.amount_minor), 0))
        .join(LedgerTransaction, LedgerTransaction.id == Entry.transaction_id)
        .where(LedgerTransaction.payment_id == payment_id, Entry.leg == Leg.CUSTOMER)
    )
    return int(session.execute(query).scalar_one())


def due(session: Session, payment: Payment) -> int:
    """Return what is still to be paid, in minor units: all of it while nothing stands, or where all is paid."""
    rest = payment.amount_minor - standing(session, payment.id)
    return rest if 0 < rest < payment.amount_minor else payment.amount_minor


def takes_parts(session: Session, payment_id: int) -> bool:
    """Say whether a try of the payment counts sums as they come."""
    query = select(GatewayOperation.id).where(GatewayOperation.payment_id == payment_id, GatewayOperation.as_came)
    return session.scalars(query.limit(1)).one_or_none() is not None


def status_now(session: Session, payment: Payment) -> PaymentStatus:
    """Return where a payment stands after a credit or a reversal."""
    stands = standing(session, payment.id)
    if stands <= 0:
        return status_of_uncredited(over_lifetime=payment.expires_at <= now(session))
    return status_of_credited(stands, payment.amount_minor, as_came=takes_parts(session, payment.id))
