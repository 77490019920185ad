"""Payments as pages show them: a customer's own, and all of a reseller's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billhook import Money, PaymentStatus, PaymentView
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.domain.errors import NotFound, PaymentClosed
from host_stub.domain.payments import OPEN
from host_stub.persistence.listings import PAGE, Cursor, Listing, count_up_to, list_page
from host_stub.persistence.store import fetch
from host_stub.services.money_in import approvals, consequences
from host_stub.services.money_in import payments as money_in
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.consequences import Started
from host_stub.services.money_in.doubts import Doubt
from host_stub.services.reading import accounts, arrivals, documents, methods, searching, tries, work_queue
from host_stub.services.reading.accounts import Account, AccountName
from host_stub.services.reading.arrivals import Decision, History
from host_stub.services.reading.documents import IssuedDocument
from host_stub.services.reading.methods import Method
from host_stub.services.reading.tries import Try
from host_stub.services.telling.views import payment_view


@dataclass(frozen=True, slots=True)
class Payment:
    """number: what people know it by. comment: the manager's. created_by: an Actor, as text.

    method_id: the method chosen last, None as long as none was. key_version: of its public links.
    """

    id: int
    reseller_id: int
    account_id: int
    number: str
    amount: Money
    purpose: str
    comment: str
    status: PaymentStatus
    method_id: int | None
    key_version: int
    created_at: datetime
    created_by: str
    expires_at: datetime
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


def of(row: rows.Payment) -> Payment:
    return Payment(
        id=row.id,
        reseller_id=row.reseller_id,
        account_id=row.account_id,
        number=row.number,
        amount=Money(row.amount_minor, row.currency),
        purpose=row.purpose,
        comment=row.comment,
        status=PaymentStatus(row.status),
        method_id=row.method_id,
        key_version=row.key_version,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
    )


def payment(session: Session, payment_id: int) -> Payment:
    """Raises NotFound."""
    return of(fetch(session, rows.Payment, payment_id))


def of_account(session: Session, account_id: int, payment_id: int) -> Payment:
    """Return a payment of this account. Raises NotFound, also for another account's."""
    found = payment(session, payment_id)
    if found.account_id != account_id:
        raise NotFound("Payment", payment_id)
    return found


def view(session: Session, payment_id: int, language: str) -> PaymentView:
    """Return a payment as plugins see it, described in a language. Raises NotFound."""
    return payment_view(session, fetch(session, rows.Payment, payment_id), language)


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """What a list of payments is narrowed to. status: a PaymentStatus value; number: what is looked for."""

    status: str = ""
    number: str = ""


def list_of_account(
    session: Session, account_id: int, wanted: PaymentFilter, cursor: Cursor, *, limit: int = PAGE
) -> Listing[Payment]:
    """Return a page of an account's payments, newest first. An unknown status filters nothing."""
    query = select(rows.Payment).where(rows.Payment.account_id == account_id)
    if wanted.status in set(PaymentStatus):
        query = query.where(rows.Payment.status == wanted.status)
    search = None
    if wanted.number:
        owner = fetch(session, rows.Reseller, fetch(session, rows.Account, account_id).reseller_id)
        search = searching.own_payments(wanted.number, owner)
    return list_page(session, query, rows.Payment.id, cursor, limit=limit, search=search).of(of)


@dataclass(frozen=True, slots=True)
class OfReseller:
    """A payment in the reseller's list, with whose it is."""

    payment: Payment
    account: AccountName


def list_all(
    session: Session,
    reseller_id: int,
    wanted: PaymentFilter,
    cursor: Cursor,
    *,
    manual_plugins: Collection[str] | None = None,
) -> Listing[OfReseller]:
    """Return a page of a reseller's payments, newest first.

    manual_plugins: only what waits for approval by one of these, oldest first.
    """
    waiting = manual_plugins is not None
    query = _with_accounts()
    search = None
    if wanted.number:
        search = searching.payments(session, wanted.number, fetch(session, rows.Reseller, reseller_id))
    found = list_page(
        session,
        query.where(rows.Payment.status == wanted.status) if wanted.status else query,
        rows.Payment.id,
        cursor,
        oldest_first=waiting,
        ranges=work_queue.for_approval(session, manual_plugins) if manual_plugins is not None else (),
        search=search,
    )
    return found.of(_of_reseller)


def waiting_longest(session: Session, manual_plugins: Collection[str], most: int) -> Sequence[OfReseller]:
    """Return what waits for approval by one of these plugins, oldest first."""
    ranges = work_queue.for_approval(session, manual_plugins)
    found = list_page(
        session, _with_accounts(), rows.Payment.id, Cursor(), ranges=ranges, limit=most, oldest_first=True, count=False
    )
    return found.of(_of_reseller).rows


def _with_accounts() -> Select[Any]:
    return select(rows.Payment).join(rows.Account, rows.Account.id == rows.Payment.account_id).add_columns(rows.Account)


def _of_reseller(found: tuple[rows.Payment, rows.Account]) -> OfReseller:
    return OfReseller(of(found[0]), accounts.name_of(found[1]))


def with_account(session: Session, payment_id: int) -> OfReseller:
    """Raises NotFound."""
    row = fetch(session, rows.Payment, payment_id)
    return _of_reseller((row, fetch(session, rows.Account, row.account_id)))


def latest(session: Session, reseller_ids: Collection[int], most: int) -> list[tuple[Payment, Account]]:
    """Return the newest payments of some resellers with their accounts."""
    query = (
        select(rows.Payment, rows.Account)
        .join(rows.Account, rows.Account.id == rows.Payment.account_id)
        .where(rows.Payment.reseller_id.in_(reseller_ids))
        .order_by(rows.Payment.id.desc())
        .limit(most)
    )
    return [(of(payment), accounts.of(session, account)) for payment, account in session.execute(query)]


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What a manager sees of a payment beside itself.

    method: the one chosen last. methods: names by id. arrivals: its money. standing: the approval that can be reversed.
    All newest first.
    """

    account: Account
    method: Method | None
    methods: Mapping[int, str]
    tries: Sequence[Try]
    arrivals: Sequence[History]
    standing: Decision | None
    documents: Sequence[IssuedDocument]


def facts(session: Session, payment: Payment) -> PaymentFacts:
    names = dict(session.execute(select(rows.PaymentMethod.id, rows.PaymentMethod.name)).all())
    found = arrivals.of_payment(session, payment.id)
    return PaymentFacts(
        account=accounts.account(session, payment.account_id),
        method=methods.method(session, payment.method_id) if payment.method_id else None,
        methods=names,
        tries=tries.of_payment(session, payment.id),
        arrivals=found,
        standing=_standing(found, payment),
        documents=documents.of_payment(session, payment.id),
    )


def standing_approval(session: Session, payment: Payment) -> Decision | None:
    """Return what credited a payment with a bank order and is not reversed, if there is such a decision."""
    return _standing(arrivals.of_payment(session, payment.id), payment)


def _standing(found: Sequence[History], payment: Payment) -> Decision | None:
    standing = (each.standing for each in found if each.arrival.is_order)
    return next((credit for credit in standing if credit is not None and credit.payment_id == payment.id), None)


def questions(session: Session, payment_id: int, order: BankOrder) -> list[Doubt]:
    """Return what would be asked before an order is credited to a payment. Raises NotFound."""
    return approvals.questions(session, fetch(session, rows.Payment, payment_id), order)


def closed(session: Session, payment_id: int) -> PaymentClosed:
    """Return the error that says who closed a payment, and when. Raises NotFound."""
    return money_in.closed(session, fetch(session, rows.Payment, payment_id))


def started_by(session: Session, credit: Decision) -> list[Started]:
    """Return what a credit started."""
    return consequences.of_credit(session, credit.transaction_id) if credit.transaction_id is not None else []


def numbered(session: Session, account_id: int, number: str) -> Payment | None:
    """Return the account's payment with this document number."""
    query = select(rows.Payment).where(rows.Payment.account_id == account_id, rows.Payment.number == number)
    row = session.scalars(query).one_or_none() if number else None
    return of(row) if row is not None else None


def of_number(session: Session, reseller_id: int, number: str) -> Payment | None:
    """Return the reseller's payment with this document number."""
    query = select(rows.Payment).where(rows.Payment.reseller_id == reseller_id, rows.Payment.number == number)
    row = session.scalars(query).one_or_none()
    return of(row) if row is not None else None


def credited(session: Session, payment: Payment) -> Money:
    """Return what came in for a payment and stands: more or less than its sum, as it was received."""
    query = (
        select(func.coalesce(func.sum(rows.Entry.amount_minor), 0))
        .join(rows.LedgerTransaction, rows.LedgerTransaction.id == rows.Entry.transaction_id)
        .where(rows.LedgerTransaction.payment_id == payment.id, rows.Entry.leg == rows.Leg.CUSTOMER)
    )
    return Money(int(session.execute(query).scalar_one()), payment.amount.currency)


def unpaid_count(session: Session, account_id: int) -> int:
    """Return how many payments of an account wait to be paid, up to 100."""
    query = select(rows.Payment.id).where(
        rows.Payment.account_id == account_id, rows.Payment.status == PaymentStatus.WAITING_FOR_PAYMENT
    )
    return count_up_to(session, query, 99)
