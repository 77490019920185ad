"""What the page of a payment shows, read in one unit; and the sentences about approvals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billhook import Catalogue, LazyText, Money, formats
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.errors import PaymentClosed
from host_stub.persistence import (
    Account,
    Approval,
    Document,
    GatewayEvent,
    LedgerTransaction,
    Payment,
    PaymentAttempt,
    PaymentMethod,
)
from host_stub.persistence.store import fetch
from host_stub.services.money_in.approvals import standing_approval
from host_stub.web.authors import who
from host_stub.web.statuses import status_of

_ = Catalogue("host_stub")


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """standing: the approval that can be reversed. reversed_ids: ledger transactions that were undone."""

    account: Account
    amount: Money
    created_by: LazyText | str
    method: PaymentMethod | None
    methods: dict[int, str]
    attempts: list[PaymentAttempt]
    approvals: list[Approval]
    standing: Approval | None
    reversed_ids: set[int]
    events: list[GatewayEvent]
    documents: list[Document]

    def difference(self, approval: Approval) -> LazyText | None:
        """Return by how much less or more came than was billed, None if it agrees."""
        return difference(Money(approval.received_minor, self.amount.currency), self.amount)


def payment_facts(session: Session, row: Payment) -> PaymentFacts:
    attempts = list(
        session.scalars(
            select(PaymentAttempt).where(PaymentAttempt.payment_id == row.id).order_by(PaymentAttempt.id.desc())
        )
    )
    events = list(
        session.scalars(select(GatewayEvent).where(GatewayEvent.payment_id == row.id).order_by(GatewayEvent.id.desc()))
    )
    papers = list(session.scalars(select(Document).where(Document.payment_id == row.id).order_by(Document.id.desc())))
    reverses = select(LedgerTransaction.reverses_id).where(LedgerTransaction.payment_id == row.id)
    return PaymentFacts(
        account=fetch(session, Account, row.account_id),
        amount=Money(row.amount_minor, row.currency),
        created_by=who(row.created_by),
        method=fetch(session, PaymentMethod, row.method_id) if row.method_id else None,
        methods=dict(session.execute(select(PaymentMethod.id, PaymentMethod.name)).all()),
        attempts=attempts,
        approvals=list(
            session.scalars(select(Approval).where(Approval.payment_id == row.id).order_by(Approval.id.desc()))
        ),
        standing=standing_approval(session, row.id),
        reversed_ids={found for found in session.scalars(reverses) if found is not None},
        events=events,
        documents=papers,
    )


def difference(received: Money, billed: Money) -> LazyText | None:
    """Return «на 500,00 руб. меньше, чем в счете», or None if the sums agree."""
    if received < billed:
        return _("{amount} less than was billed", amount=formats.money(billed - received))
    if received > billed:
        return _("{amount} more than was billed", amount=formats.money(received - billed))
    return None


def approval_words(received: Money, row: Payment) -> LazyText:
    """Return what to tell a manager after an approval."""
    amount = formats.money(received)
    other = difference(received, Money(row.amount_minor, row.currency))
    if other is None:
        return _("Payment {number} approved: {amount} credited.", number=row.number, amount=amount)
    return _(
        "Payment {number} approved: {amount} credited as it came, {difference}.",
        number=row.number,
        amount=amount,
        difference=other,
    )


def closed_words(closed: PaymentClosed) -> LazyText:
    """Return who closed the payment, and when."""
    _tone, status = status_of("payment", closed.status)
    if not closed.closed_by:
        return _("Nothing was changed: payment {number} is {status}.", number=closed.number, status=status)
    return _(
        "Nothing was changed: payment {number} is {status}. {name} did it on {at}.",
        number=closed.number,
        status=status,
        name=closed.closed_by,
        at=formats.datetime(datetime.fromisoformat(closed.closed_at)),
    )
