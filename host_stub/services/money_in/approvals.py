"""A manager approves what arrived at the bank, and can take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from billhook import Money
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import Act, Door, Kind, credit_key
from host_stub.domain.errors import InvalidAmount
from host_stub.domain.payments import OPEN, Cause
from host_stub.domain.requisites import order_key
from host_stub.persistence import Arrival, ArrivalDecision, Payment, Reseller, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.services.books import ledger
from host_stub.services.money_in import arrivals, doubts, payments, reversals
from host_stub.services.money_in.arrivals import Linked
from host_stub.services.money_in.credits import credit
from host_stub.services.money_in.doubts import Answered, Coming, Doubt, Doubtful
from host_stub.services.money_in.reversals import Undo


@dataclass(frozen=True, slots=True)
class BankOrder:
    """What stands on the bank statement.

    received: what came, more or less than the payment's sum. number, day: of the payer's payment order.
    """

    received: Money
    number: str
    day: date
    payer_inn: str = ""
    payer_name: str = ""


def approve_payment(
    store: Store, scope: Scope, payment_id: int, order: BankOrder, *, by: Actor, anyway: Answered = False
) -> int:
    """Credit what arrived and complete the payment; return the ledger transaction's id.

    Credits once: of two managers at once the second gets PaymentClosed, which says who did it and when.
    anyway: the questions that were answered; any other is asked, in the unit that would credit.
    Raises NotFound, PaymentClosed, InvalidAmount, Doubtful.
    """
    if order.received.minor <= 0:
        raise InvalidAmount("not_positive", order.received.plain())
    with store.write(scope) as session:
        # One order for two payments meets on their reseller's row: neither sees what the other has not committed.
        fetch(session, Reseller, fetch(session, Payment, payment_id).reseller_id, lock=True)
        payment = fetch(session, Payment, payment_id, lock=True)
        if order.received.currency != payment.currency:
            raise InvalidAmount("other_currency", order.received.currency)
        account = ledger.lock_account(session, payment.account_id)
        asked = questions(session, payment, order) if payment.status in OPEN else []
        found = doubts.unanswered(asked, anyway)
        if found:
            raise Doubtful(found)
        _note(session, payment, order, by)
        arrival = _arrival(session, payment, order)
        source, source_id = credit_key(arrival.door, arrival.origin, arrival.key)
        header = credit(
            session,
            account,
            payment,
            source=source,
            source_id=source_id,
            amount=order.received,
            method_id=payment.method_id,
            by=by,
        )
        linked = Linked(payment.id, account.id, header.id)
        arrivals.receive(session, arrival, Act(Kind.CREDITED_TO_PAYMENT, order.received.minor), linked, by=by)
        return header.id


def questions(session: Session, payment: Payment, order: BankOrder) -> list[Doubt]:
    """Return what a manager is asked before this order is credited to an open payment."""
    coming = Coming(
        payment.reseller_id,
        Door.ORDER,
        payment.account_id,
        payment.id,
        order.received,
        order.day,
        order_key=order_key(order.number),
        order_date=order.day,
        payer_inn=order.payer_inn,
        payer_name=order.payer_name,
    )
    return [*doubts.credited_already(session, coming), *doubts.about_payment(session, payment, order.received)]


def _note(session: Session, payment: Payment, order: BankOrder, by: Actor) -> None:
    payments.change_status(
        session,
        payment,
        Cause.APPROVED,
        by=by,
        received_minor=order.received.minor,
        order_number=order.number,
        order_date=order.day.isoformat(),
    )


def _arrival(session: Session, payment: Payment, order: BankOrder) -> Arrival:
    origin = str(payment.id)
    # Pressed twice, one number is drawn twice, and the database keeps one.
    of_payment = (Arrival.reseller_id == payment.reseller_id, Arrival.door == Door.ORDER, Arrival.origin == origin)
    before = session.execute(select(func.count()).where(*of_payment)).scalar_one()
    return Arrival(
        reseller_id=payment.reseller_id,
        door=Door.ORDER,
        origin=origin,
        key=str(before + 1),
        method_id=payment.method_id,
        payment_id=payment.id,
        amount_minor=order.received.minor,
        currency=order.received.currency,
        is_test=False,
        reference=payment.number,
        order_number=order.number,
        order_key=order_key(order.number),
        order_date=order.day,
        payer_inn=order.payer_inn,
        payer_name=order.payer_name,
        day=order.day,
        details={},
    )


def reverse_approval(store: Store, scope: Scope, payment_id: int, undo: Undo, *, by: Actor) -> int:
    """Undo the standing approval of a payment by a movement of its own; return that movement's id.

    The payment waits again (or is expired, or stays completed if another credit stands); the hold is decided again.
    Raises NotFound, PaymentClosed.
    """
    with store.write(scope) as session:
        fetch(session, Reseller, fetch(session, Payment, payment_id).reseller_id, lock=True)
        payment = fetch(session, Payment, payment_id, lock=True)
        standing = _standing(session, payment_id)
        if standing is None:
            raise payments.closed(session, payment)
        return reversals.undo(session, standing, undo, by=by)


def _standing(session: Session, payment_id: int) -> ArrivalDecision | None:
    """Return the decision that credited a payment with a bank order, if that credit stands."""
    query = (
        select(ArrivalDecision)
        .join(Arrival, Arrival.id == ArrivalDecision.arrival_id)
        .where(
            ArrivalDecision.payment_id == payment_id,
            ArrivalDecision.kind == Kind.CREDITED_TO_PAYMENT,
            Arrival.door == Door.ORDER,
            doubts.stands(),
        )
    )
    return session.scalars(query.order_by(ArrivalDecision.id.desc()).limit(1)).one_or_none()
