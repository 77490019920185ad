"""Payments: created, started with a method, cancelled, expired. What credits them: `approvals` and `gateway`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog
from billhook import Money, PaymentStatus
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM, Actor
from host_stub.domain.amounts import outside_limits
from host_stub.domain.charging import days_later
from host_stub.domain.errors import InvalidAmount, PaymentClosed, ResellerClosed
from host_stub.domain.payments import OPEN, Cause, Consequence, document_number, move
from host_stub.persistence import Account, GatewayOperation, GatewayReport, LogEntry, Payment, Reseller, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.telling.journal import log

PURPOSE_LENGTH = 200

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TopUp:
    """What is asked for. amount: in the reseller's currency. comment: the manager's own.

    once_token: drawn when the form was shown; the same form twice makes one payment. None: no form, no promise.
    """

    account_id: int
    amount: Money
    purpose: str = ""
    comment: str = ""
    method_id: int | None = None
    once_token: str | None = None


def start_top_up(store: Store, scope: Scope, top_up: TopUp, *, by: Actor) -> int:
    """Create a payment that waits to be paid, and return its id; the same form again returns the payment it made.

    Raises NotFound, ResellerClosed, InvalidAmount (code too_small, too_large with the limit; nothing is stored).
    """
    with store.write(scope) as session:
        account = fetch(session, Account, top_up.account_id)
        # The counter row of the reseller is locked, so two payments never get one number.
        reseller = fetch(session, Reseller, account.reseller_id, lock=True)
        if reseller.closed_at is not None:
            raise ResellerClosed(reseller.id)
        _check_limits(reseller, top_up.amount)
        once_token, made = _of_form(session, top_up)
        if made is not None:
            return made
        payment = Payment(
            reseller_id=reseller.id,
            account_id=account.id,
            number=_draw_number(session, reseller),
            amount_minor=top_up.amount.minor,
            currency=top_up.amount.currency,
            purpose=top_up.purpose[:PURPOSE_LENGTH],
            comment=top_up.comment,
            status=PaymentStatus.WAITING_FOR_PAYMENT,
            method_id=top_up.method_id,
            created_at=now(session),
            created_by=str(by),
            once_token=once_token,
            expires_at=days_later(now(session), reseller.payment_lifetime_days, ZoneInfo(reseller.timezone)),
        )
        session.add(payment)
        session.flush()
        note(session, payment, "payment.created", by, amount_minor=payment.amount_minor)
        return payment.id


def _draw_number(session: Session, reseller: Reseller) -> str:
    """Return the next free document number of a locked reseller: a changed mask may come upon old ones (`1#`, `##`)."""
    while True:
        number = document_number(reseller.number_mask, reseller.next_number)
        reseller.next_number += 1
        taken = select(Payment.id).where(Payment.reseller_id == reseller.id, Payment.number == number)
        if session.scalars(taken).one_or_none() is None:
            return number


def _of_form(session: Session, top_up: TopUp) -> tuple[str | None, int | None]:
    """Return the key of this asking and the open payment that it made before, if any.

    The key holds sum and purpose: a form changed after Back asks for something else. A payment that was closed
    meanwhile is not paid by asking again, so the next one gets a key of its own.
    """
    if top_up.once_token is None:
        return None, None
    asked = f"{top_up.once_token}|{top_up.amount.minor}|{top_up.purpose}".encode()
    key = hashlib.sha256(asked).hexdigest()[:32]
    query = select(Payment).where(Payment.account_id == top_up.account_id)
    while (made := session.scalars(query.where(Payment.once_token == key)).one_or_none()) is not None:
        if made.status in OPEN:
            return key, made.id
        key += "+"
    return key, None


def _check_limits(reseller: Reseller, amount: Money) -> None:
    least = Money(reseller.min_top_up_minor, reseller.currency)
    most = Money(reseller.max_top_up_minor, reseller.currency)
    problem = outside_limits(amount, least, most)
    if problem is not None:
        limit = least if amount < least else most
        raise InvalidAmount(problem, amount.plain(), limit.minor)


def cancel(store: Store, scope: Scope, payment_id: int, *, by: Actor) -> None:
    """Cancel a waiting or expired payment. Raises NotFound, PaymentClosed."""
    with store.write(scope) as session:
        payment = fetch(session, Payment, payment_id, lock=True)
        change_status(session, payment, Cause.CANCELLED, by=by)


def change_status(session: Session, payment: Payment, cause: Cause, *, by: Actor, **details: object) -> Consequence:
    """Move a locked payment along the table and log it. Raises PaymentClosed for what the table refuses."""
    decided = move(payment.status, cause)
    if decided.consequence is Consequence.REFUSE:
        raise closed(session, payment)
    if decided.to is not None and decided.to != payment.status:
        set_status(session, payment, decided.to)
    if decided.consequence is not Consequence.PARK:
        note(session, payment, f"payment.{cause}", by, **details)
    return decided.consequence


def set_status(session: Session, payment: Payment, status: PaymentStatus) -> None:
    payment.status = status
    payment.closed_at = None if status in OPEN else now(session)


def closed(session: Session, payment: Payment) -> PaymentClosed:
    """Return the error that says who closed the payment, and when."""
    query = (
        select(LogEntry)
        .where(
            LogEntry.object_kind == "payment",
            LogEntry.object_id == payment.id,
            LogEntry.action.in_([f"payment.{c}" for c in (Cause.PAID, Cause.APPROVED, Cause.MATCHED, Cause.CANCELLED)]),
        )
        .order_by(LogEntry.id.desc())
        .limit(1)
    )
    last = session.scalars(query).one_or_none()
    if last is None:
        return PaymentClosed(payment.number, payment.status)
    return PaymentClosed(payment.number, payment.status, Actor.parse(last.actor).name, last.at.isoformat())


def expire_due(store: Store, *, limit: int = 500) -> int:
    """Expire waiting payments whose lifetime is over, a short transaction each; return how many.

    One that cannot be expired is logged and keeps no other.
    """
    with store.read() as session:
        due = select(Payment.id).where(
            Payment.status == PaymentStatus.WAITING_FOR_PAYMENT, Payment.expires_at <= store.now(), ~_under_way(session)
        )
        ids = list(session.scalars(due.order_by(Payment.expires_at).limit(limit)))
    return sum(_expire(store, payment_id) for payment_id in ids)


def _under_way(session: Session) -> ColumnElement[bool]:
    """Say whether a gateway is still busy with an act of paying, and until when."""
    return exists().where(
        GatewayOperation.payment_id == Payment.id,
        GatewayReport.operation_id == GatewayOperation.id,
        GatewayReport.word == "pending",
        GatewayReport.until > now(session),
    )


def _expire(store: Store, payment_id: int) -> bool:
    try:
        return _expire_one(store, payment_id)
    except Exception as error:  # noqa: BLE001  one broken payment must not stop the others
        _logger.error("expiry_failed", payment_id=payment_id, error=f"{type(error).__name__}: {error}")
        return False


def _expire_one(store: Store, payment_id: int) -> bool:
    with store.write() as session:
        payment = fetch(session, Payment, payment_id, lock=True)
        if payment.status != PaymentStatus.WAITING_FOR_PAYMENT or payment.expires_at > now(session):
            return False
        if session.scalars(select(Payment.id).where(Payment.id == payment_id, _under_way(session))).one_or_none():
            return False  # since it was looked for
        change_status(session, payment, Cause.LIFETIME_OVER, by=SYSTEM)
        return True


def note(session: Session, payment: Payment, action: str, by: Actor, **details: object) -> None:
    """Write a line of the payment's log."""
    log(session, "payment", payment.id, action, reseller_id=payment.reseller_id, by=by, **details)
