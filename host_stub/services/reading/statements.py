"""What an account sees of its money and services: payments, operations, subscriptions, documents. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from billhook import AccountType, Money, PaymentStatus
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, defer

from host_stub.domain.errors import NotFound
from host_stub.persistence import (
    Account,
    Document,
    Entry,
    LedgerTransaction,
    Leg,
    Payment,
    PaymentMethod,
    Plan,
    PluginActivation,
    Reseller,
    Subscription,
)
from host_stub.persistence.listings import PAGE, Cursor, Key, Listing, list_page
from host_stub.persistence.store import fetch
from host_stub.services.charges import subscriptions
from host_stub.services.reading import searching


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """What a list of payments is narrowed to. status: a PaymentStatus value; number: what is looked for."""

    status: str = ""
    number: str = ""


def list_payments(
    session: Session, account_id: int, wanted: PaymentFilter, cursor: Cursor, *, limit: int = PAGE
) -> Listing[Payment]:
    """Return a page of an account's payments, newest first. An unknown status filters nothing."""
    query = select(Payment).where(Payment.account_id == account_id)
    if wanted.status in set(PaymentStatus):
        query = query.where(Payment.status == wanted.status)
    search = None
    if wanted.number:
        owner = fetch(session, Reseller, fetch(session, Account, account_id).reseller_id)
        search = searching.own_payments(wanted.number, owner)
    return list_page(session, query, Payment.id, cursor, limit=limit, search=search)


def payment_numbered(session: Session, account_id: int, number: str) -> Payment | None:
    """Return the account's payment with this document number."""
    query = select(Payment).where(Payment.account_id == account_id, Payment.number == number)
    return session.scalars(query).one_or_none()


def credited(session: Session, payment: Payment) -> Money:
    """Return what came in for a payment and stands: more or less than its sum, as it was received."""
    query = (
        select(func.coalesce(func.sum(Entry.amount_minor), 0))
        .join(LedgerTransaction, LedgerTransaction.id == Entry.transaction_id)
        .where(LedgerTransaction.payment_id == payment.id, Entry.leg == Leg.CUSTOMER)
    )
    return Money(int(session.execute(query).scalar_one()), payment.currency)


@dataclass(frozen=True, slots=True)
class Operation:
    """A movement of an account's balance.

    amount: signed, positive = the customer's money. balance_after: of the account, after this movement.
    kind: ledger.Kind; details, reason: as its author left them. payment_id: the payment behind it, if one is.
    """

    sequence: int
    at: datetime
    kind: str
    amount: Money
    balance_after: Money
    reason: str
    details: dict[str, Any]
    payment_id: int | None


def list_operations(session: Session, account_id: int, cursor: Cursor, *, limit: int = PAGE) -> Listing[Operation]:
    """Return a page of every movement of an account, newest first, by the account's own sequence."""
    query: Any = (
        select(Entry, LedgerTransaction)
        .join(LedgerTransaction, LedgerTransaction.id == Entry.transaction_id)
        .where(Entry.account_id == account_id)
    )
    # The column may be empty on other legs, never on a customer's.
    found = list_page(session, query, cast(Key, Entry.account_sequence), cursor, limit=limit)
    return replace(found, rows=[_operation(*row) for row in found.rows])


def _operation(entry: Entry, header: LedgerTransaction) -> Operation:
    return Operation(
        sequence=entry.account_sequence or 0,
        at=entry.at,
        kind=header.kind,
        amount=Money(entry.amount_minor, entry.currency),
        balance_after=Money(entry.balance_after_minor or 0, entry.currency),
        reason=header.reason,
        details=dict(header.details or {}),
        payment_id=header.payment_id,
    )


@dataclass(frozen=True, slots=True)
class Service:
    """A subscription as its customer sees it. next: its coming charge, or what it costs to start."""

    subscription: Subscription
    plan: Plan
    next: subscriptions.Upcoming


def list_services(session: Session, account_id: int) -> list[Service]:
    """Return an account's subscriptions that are not deleted, newest first."""
    return [
        Service(subscription, plan, subscriptions.upcoming(session, subscription))
        for subscription, plan in subscriptions.of_account(session, account_id)
    ]


def methods_for(session: Session, account: Account) -> list[PaymentMethod]:
    """Return the active methods of plugins that are on, for the account's type, in the reseller's order."""
    on = select(PluginActivation.plugin).where(
        PluginActivation.reseller_id == account.reseller_id, PluginActivation.enabled
    )
    query = (
        select(PaymentMethod)
        .where(PaymentMethod.reseller_id == account.reseller_id, PaymentMethod.active, PaymentMethod.plugin.in_(on))
        .order_by(PaymentMethod.position, PaymentMethod.id)
    )
    wanted = AccountType(account.type)
    return [row for row in session.scalars(query) if wanted in row.account_types]


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """An issued document without its bytes. method_name: as it is now; it may be switched off since."""

    id: int
    payment_id: int
    method_id: int
    method_name: str
    plugin: str
    kind: str


@dataclass(frozen=True, slots=True)
class IssuedDocuments:
    """Documents of several payments, the newest version of each kind."""

    by_payment: dict[int, list[IssuedDocument]] = field(default_factory=dict)

    def of(self, payment_id: int) -> list[IssuedDocument]:
        return self.by_payment.get(payment_id, [])

    def find(self, payment_id: int, method_id: int, kind: str) -> IssuedDocument | None:
        return next((d for d in self.of(payment_id) if (d.method_id, d.kind) == (method_id, kind)), None)


def issued_documents(session: Session, payment_ids: Sequence[int]) -> IssuedDocuments:
    """Return what was issued for these payments, in one query and without the bytes."""
    found: dict[int, dict[tuple[int, str], IssuedDocument]] = {}
    for row, method in session.execute(_issued(payment_ids)):
        document = IssuedDocument(row.id, row.payment_id, row.method_id, method.name, method.plugin, row.kind)
        found.setdefault(row.payment_id, {})[(row.method_id, row.kind)] = document
    return IssuedDocuments({payment_id: list(kinds.values()) for payment_id, kinds in found.items()})


def _issued(payment_ids: Sequence[int]) -> Select[Document, PaymentMethod]:
    return (
        select(Document, PaymentMethod)
        .join(PaymentMethod, PaymentMethod.id == Document.method_id)
        .where(Document.payment_id.in_(payment_ids))
        .order_by(Document.version, Document.id)
        .options(defer(Document.content))
    )


def document_of(session: Session, payment_id: int, document_id: int) -> Document:
    """Return an issued document of a payment, with its bytes. Raises NotFound, also for another payment's."""
    query = select(Document).where(Document.id == document_id, Document.payment_id == payment_id)
    document = session.scalars(query).one_or_none()
    if document is None:
        raise NotFound("Document", document_id)
    return document
