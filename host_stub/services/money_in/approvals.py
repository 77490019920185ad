"""A manager approves what arrived at the bank, and can take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from billhook import Money
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import InvalidAmount, RefusedError
from host_stub.domain.payments import OPEN, Cause, Consequence, status_after_reversal
from host_stub.domain.requisites import may_be_one_name, order_key
from host_stub.persistence import Approval, LedgerTransaction, Payment, Reseller, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.books import ledger
from host_stub.services.charges import charging
from host_stub.services.money_in import consequences, payments
from host_stub.services.money_in.credits import credit
from host_stub.services.telling.journal import log


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


class UsedElsewhere(RefusedError):
    """The payment order was credited to other payments already: a question. payment_ids: to which."""

    def __init__(self, payment_ids: list[int]) -> None:
        super().__init__(f"credited to payments {payment_ids}")
        self.payment_ids = payment_ids


def approve_payment(
    store: Store, scope: Scope, payment_id: int, order: BankOrder, *, by: Actor, anyway: bool = True
) -> int:
    """Credit what arrived and complete the payment; return the ledger transaction's id.

    Credits once: of two managers at once the second gets PaymentClosed, which says who did it and when.
    anyway: although the order was credited to another payment; False asks, in the unit that credits.
    Raises NotFound, PaymentClosed, InvalidAmount, UsedElsewhere.
    """
    if order.received.minor <= 0:
        raise InvalidAmount("not_positive", order.received.plain())
    with store.write(scope) as session:
        # One order for two payments meets on their reseller's row: neither sees what the other has not committed.
        fetch(session, Reseller, fetch(session, Payment, payment_id).reseller_id, lock=True)
        payment = fetch(session, Payment, payment_id, lock=True)
        if order.received.currency != payment.currency:
            raise InvalidAmount("other_currency", order.received.currency)
        others = [] if anyway or payment.status not in OPEN else used_elsewhere(session, payment_id, order)
        if others:
            raise UsedElsewhere([other.id for other in others])
        payments.change_status(
            session,
            payment,
            Cause.APPROVED,
            by=by,
            received_minor=order.received.minor,
            order_number=order.number,
            order_date=order.day.isoformat(),
        )
        header = credit(
            session,
            payment,
            source="approval",
            source_id=f"{payment.id}:{_reversals(session, payment) + 1}",
            amount=order.received,
            method_id=payment.method_id,
            by=by,
        )
        session.add(_record(session, payment, order, header, by))
        return header.id


def _record(session: Session, payment: Payment, order: BankOrder, header: LedgerTransaction, by: Actor) -> Approval:
    return Approval(
        reseller_id=payment.reseller_id,
        payment_id=payment.id,
        transaction_id=header.id,
        received_minor=order.received.minor,
        order_number=order.number,
        order_key=order_key(order.number),
        order_date=order.day,
        payer_inn=order.payer_inn,
        payer_name=order.payer_name,
        approved_by=str(by),
        at=now(session),
    )


def _reversals(session: Session, payment: Payment) -> int:
    query = select(func.count()).where(
        LedgerTransaction.payment_id == payment.id, LedgerTransaction.source == "reversal"
    )
    return int(session.execute(query).scalar_one())


def used_elsewhere(session: Session, payment_id: int, order: BankOrder) -> list[Payment]:
    """Return other payments approved with the same order (number, date, payer, sum) and not reversed: a warning.

    Numbers are compared as `order_key` writes them. Payers differ if both INNs are known and do, else if both names
    are.
    """
    query = (
        select(Approval, Payment)
        .join(Payment, Payment.id == Approval.payment_id)
        .where(
            Approval.order_key == order_key(order.number),
            Approval.order_date == order.day,
            Approval.received_minor == order.received.minor,
            Approval.payment_id != payment_id,
            Approval.transaction_id.not_in(_reversed_ids()),
        )
    )
    rows = session.execute(query).all()
    return [payment for approval, payment in rows if _may_be_one_payer(approval, order)]


def _may_be_one_payer(approval: Approval, order: BankOrder) -> bool:
    if approval.payer_inn and order.payer_inn:
        return approval.payer_inn == order.payer_inn
    if approval.payer_name and order.payer_name:
        return may_be_one_name(approval.payer_name, order.payer_name)
    return True


def _reversed_ids() -> Select[int | None]:
    return select(LedgerTransaction.reverses_id).where(LedgerTransaction.reverses_id.is_not(None))


def standing_approval(session: Session, payment_id: int) -> Approval | None:
    """Return the approval of a payment that is not reversed, if there is one."""
    query = select(Approval).where(Approval.payment_id == payment_id, Approval.transaction_id.not_in(_reversed_ids()))
    return session.scalars(query.order_by(Approval.id.desc()).limit(1)).one_or_none()


def reverse_approval(
    store: Store, scope: Scope, payment_id: int, *, reason: str, by: Actor, with_services: bool = False
) -> int:
    """Undo the standing approval of a payment by a movement of its own; return that movement's id.

    The payment waits again (or is expired, or stays completed if another credit stands); the hold is decided again.
    with_services: what the credit started is stopped too and its charges are given back, as far as `consequences` says
    that this can be done.
    Raises NotFound, PaymentClosed.
    """
    with store.write(scope) as session:
        payment = fetch(session, Payment, payment_id, lock=True)
        approval = standing_approval(session, payment_id)
        if approval is None:
            raise payments.closed(session, payment)
        consequence = payments.change_status(session, payment, Cause.APPROVAL_REVERSED, by=by, reason=reason)
        if consequence is not Consequence.UNDO:
            raise payments.closed(session, payment)
        account = ledger.lock_account(session, payment.account_id)
        if with_services:
            consequences.take_back(session, account, approval.transaction_id, reason=reason, by=by)
        undone = ledger.reverse(
            session, account, fetch(session, LedgerTransaction, approval.transaction_id), reason=reason, by=by
        )
        after = status_after_reversal(
            other_credit_stands=_credit_stands(session, payment), over_lifetime=payment.expires_at <= now(session)
        )
        payments.set_status(session, payment, after)
        log(
            session,
            "account",
            account.id,
            "account.approval_reversed",
            reseller_id=account.reseller_id,
            by=by,
            payment=payment.number,
            reason=reason,
            amount_minor=approval.received_minor,
        )
        if with_services:
            charging.settle_stopped(session, account)
        charging.settle(session, account)
        return undone.id


def _credit_stands(session: Session, payment: Payment) -> bool:
    query = select(LedgerTransaction.id).where(
        LedgerTransaction.payment_id == payment.id,
        LedgerTransaction.kind == ledger.Kind.CREDIT,
        LedgerTransaction.id.not_in(_reversed_ids()),
    )
    return session.scalars(query.limit(1)).one_or_none() is not None
