"""A credit of an arrival is taken back by a movement of its own; what was decided because of it is asked again."""

from __future__ import annotations

from dataclasses import dataclass

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import CREDITS, Act, Door, Kind, Wait
from host_stub.domain.payments import Cause, Consequence
from host_stub.persistence import Account, Arrival, ArrivalDecision, LedgerTransaction, Payment
from host_stub.persistence.store import fetch
from host_stub.services.books import ledger
from host_stub.services.charges import charging
from host_stub.services.money_in import arrivals, consequences, doubts, payments, sums
from host_stub.services.money_in.arrivals import Linked
from host_stub.services.money_in.doubts import Coming
from host_stub.services.telling.journal import log


@dataclass(frozen=True, slots=True)
class Undo:
    """Why a credit is taken back.

    with_services: what it started is stopped too and its charges are given back, as far as `consequences` says that
    this can be done.
    """

    reason: str
    with_services: bool = False


def undo(session: Session, credit: ArrivalDecision, wanted: Undo, *, by: Actor) -> int:
    """Take a standing credit back, inside a unit that has locked reseller and payment; return the movement's id.

    Raises PaymentClosed.
    """
    assert credit.transaction_id is not None
    assert credit.account_id is not None
    payment = fetch(session, Payment, credit.payment_id, lock=True) if credit.payment_id is not None else None
    if payment is not None:
        moved = payments.change_status(session, payment, Cause.APPROVAL_REVERSED, by=by, reason=wanted.reason)
        if moved is not Consequence.UNDO:
            raise payments.closed(session, payment)
    account = ledger.lock_account(session, credit.account_id)
    arrival = fetch(session, Arrival, credit.arrival_id, lock=True)
    if wanted.with_services:
        consequences.take_back(session, account, credit.transaction_id, reason=wanted.reason, by=by)
    header = fetch(session, LedgerTransaction, credit.transaction_id)
    undone = ledger.reverse(session, account, header, reason=wanted.reason, by=by)
    if payment is not None:
        payments.set_status(session, payment, sums.status_now(session, payment))
    _note(session, account, payment, credit, wanted, by)
    if wanted.with_services:
        charging.settle_stopped(session, account)
    charging.settle(session, account)
    act = Act(Kind.REVERSED, credit.amount_minor)
    linked = Linked(credit.payment_id, credit.account_id, undone.id, words=wanted.reason)
    arrivals.decide(session, arrival, act, linked, by=by)
    _ask_again(session, arrival, by)
    return undone.id


def _note(
    session: Session, account: Account, payment: Payment | None, credit: ArrivalDecision, wanted: Undo, by: Actor
) -> None:
    log(
        session,
        "account",
        account.id,
        "account.approval_reversed" if payment is not None else "account.credit_reversed",
        reseller_id=account.reseller_id,
        by=by,
        payment=payment.number if payment is not None else "",
        reason=wanted.reason,
        amount_minor=credit.amount_minor,
    )


def _ask_again(session: Session, arrival: Arrival, by: Actor) -> None:
    """Offer what was the same money as an arrival of which nothing stands any more; end doubts that it gave rise to."""
    if arrival.credited_minor:
        return
    for twin in _decided_by(session, arrival, (Kind.SAME_AS,), Arrival.decisions == ArrivalDecision.n):
        arrivals.decide(session, twin, Act(Kind.REOPENED), Linked(other_id=arrival.id), by=by)
    for doubtful in _decided_by(session, arrival, CREDITS, Arrival.waits == Wait.PAID_TWICE):
        if not doubts.credited_already(session, _again(session, doubtful)):
            arrivals.decide(session, doubtful, Act(Kind.KEPT, why=Wait.REVERSED), Linked(other_id=arrival.id), by=by)


def _decided_by(
    session: Session, other: Arrival, kinds: tuple[Kind, ...] | frozenset[Kind], also: object
) -> list[Arrival]:
    query = (
        select(Arrival.id)
        .join(ArrivalDecision, ArrivalDecision.arrival_id == Arrival.id)
        .where(ArrivalDecision.other_id == other.id, ArrivalDecision.kind.in_(kinds), also)  # type: ignore[arg-type]
        .order_by(Arrival.id)
    )
    return [fetch(session, Arrival, arrival_id, lock=True) for arrival_id in session.scalars(query).all()]


def _again(session: Session, arrival: Arrival) -> Coming:
    """Return an arrival that was credited at once, as it was when that was decided."""
    query = select(ArrivalDecision).where(ArrivalDecision.arrival_id == arrival.id, ArrivalDecision.n == 1)
    credit = session.scalars(query).one()
    assert credit.account_id is not None
    return Coming(
        arrival.reseller_id,
        Door(arrival.door),
        credit.account_id,
        credit.payment_id,
        Money(arrival.amount_minor, arrival.currency),
        arrival.day,
        is_test=arrival.is_test,
        arrival_id=arrival.id,
    )
