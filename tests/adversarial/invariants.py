"""What must be true of the books at any moment between two units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from billhook import PaymentStatus
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.arrivals import CREDITS
from host_stub.persistence import (
    Account,
    Arrival,
    ArrivalDecision,
    Charge,
    Entry,
    Lane,
    LedgerTransaction,
    Leg,
    Mail,
    Outbox,
    Payment,
    Reseller,
    Scope,
    Store,
    Subscription,
    SubscriptionStatus,
)
from host_stub.persistence.store import EVERYTHING
from host_stub.services.books.ledger import Kind
from host_stub.services.charges import holds
from tests.support.proving import doubts


def broken_promises(store: Store, scope: Scope = EVERYTHING, *, settled: bool = True) -> list[str]:
    """Return what is wrong, in words; empty when all promises are kept.

    settled: the worker has just looked at every hold, so that none is unfounded.
    """
    with store.read(scope) as session:
        return [
            *doubts(session),
            *_running_balances(session),
            *_charges(session),
            *_payments(session),
            *_arrivals(session),
            *_holds(session, settled=settled),
            *_outbox(session),
        ]


def _running_balances(session: Session) -> Iterator[str]:
    """Each account's legs are numbered 1, 2, 3 … and each shows the balance that the sum of those before gives."""
    legs: dict[int, list[Entry]] = defaultdict(list)
    for entry in session.scalars(select(Entry).where(Entry.leg == Leg.CUSTOMER).order_by(Entry.account_sequence)):
        legs[entry.account_id or 0].append(entry)
    for account in session.scalars(select(Account)):
        entries, balance = legs[account.id], 0
        if [e.account_sequence for e in entries] != list(range(1, account.event_sequence + 1)):
            yield f"account {account.id}: the sequence has holes"
        for earlier, later in pairwise(entries):
            if later.at < earlier.at:
                yield f"account {account.id}: entry {later.account_sequence} is older than the one before"
        for entry in entries:
            balance += entry.amount_minor
            if balance != entry.balance_after_minor:
                yield f"account {account.id}: entry {entry.account_sequence} shows a balance that never was"


def _charges(session: Session) -> Iterator[str]:
    """Every charge has its movement; periods of a subscription do not overlap."""
    headers = {t.id: t for t in session.scalars(select(LedgerTransaction).where(LedgerTransaction.kind == Kind.CHARGE))}
    charges = session.scalars(select(Charge).order_by(Charge.subscription_id, Charge.period_start)).all()
    if sorted(headers) != sorted(c.transaction_id for c in charges):
        yield "charges and their movements do not agree"
    for earlier, later in pairwise(charges):
        if earlier.subscription_id == later.subscription_id and earlier.period_end > later.period_start:
            yield f"subscription {later.subscription_id}: {later.period_start} is charged twice"


def _payments(session: Session) -> Iterator[str]:
    """A payment is completed if and only if a credit of it stands; each credit has one proof."""
    headers = session.scalars(select(LedgerTransaction).where(LedgerTransaction.payment_id.is_not(None))).all()
    reversed_ids = {t.reverses_id for t in headers}
    standing = {t.payment_id for t in headers if t.kind == Kind.CREDIT and t.id not in reversed_ids}
    for payment in session.scalars(select(Payment)):
        if (payment.status == PaymentStatus.COMPLETED) != (payment.id in standing):
            yield f"payment {payment.number} is {payment.status}, credits stand: {payment.id in standing}"
    decided = select(ArrivalDecision.transaction_id).where(
        ArrivalDecision.kind.in_(CREDITS), ArrivalDecision.payment_id.is_not(None)
    )
    proofs = sorted(session.scalars(decided))
    if proofs != sorted(t.id for t in headers if t.kind == Kind.CREDIT):
        yield "credits and their proofs do not agree"


def _arrivals(session: Session) -> Iterator[str]:
    """What came is credited once, and no more of it than came."""
    arrivals = session.execute(select(Arrival.id, Arrival.amount_minor)).all()
    undone = select(LedgerTransaction.reverses_id).where(LedgerTransaction.reverses_id.is_not(None))
    for arrival_id, came in arrivals:
        credited = select(ArrivalDecision.amount_minor).where(
            ArrivalDecision.arrival_id == arrival_id,
            ArrivalDecision.kind.in_(CREDITS),
            ArrivalDecision.transaction_id.not_in(undone),
        )
        if sum(session.scalars(credited)) > max(came, 0):
            yield f"more is credited of arrival {arrival_id} than came"


def _holds(session: Session, *, settled: bool) -> Iterator[str]:
    """Stopped subscriptions belong to held accounts; an account without a hold is at its threshold or above.

    While a reseller is closed, no hold is decided and nothing runs; only afterwards his accounts are looked at again.
    """
    closed = set(session.scalars(select(Reseller.id).where(Reseller.closed_at.is_not(None), ~Reseller.catching_up)))
    following = set(session.scalars(select(Reseller.id).where(Reseller.catching_up)))
    for row in session.scalars(select(Subscription).where(Subscription.status == SubscriptionStatus.ACTIVE)):
        if row.reseller_id in closed:
            yield f"subscription {row.id} runs although its reseller is closed"
    stopped = {
        s.account_id
        for s in session.scalars(select(Subscription).where(Subscription.status == SubscriptionStatus.STOPPED))
    }
    for account in session.scalars(select(Account).where(Account.reseller_id.not_in(closed | following))):
        if account.on_hold_since is None and account.id in stopped:
            yield f"account {account.id}: stopped subscriptions without a hold"
        if account.on_hold_since is None and account.balance_minor < account.threshold_minor:
            yield f"account {account.id}: below its threshold without a hold"
        if settled and account.on_hold_since is not None and not holds.hold_summary(session, account).needed:
            yield f"account {account.id}: held although nothing is needed"


def _outbox(session: Session) -> Iterator[str]:
    """Every living fact has a lane; every queued mail has its fact; every subscription's wish was told or will be."""
    lanes = set(session.execute(select(Lane.receiver, Lane.lane)).all())
    facts = session.scalars(select(Outbox)).all()
    for fact in facts:
        if fact.dead_at is None and (fact.receiver, fact.lane) not in lanes:
            yield f"fact {fact.id} is stranded"
    mails = {f.payload["mail_id"] for f in facts if f.receiver == "mail"}
    for mail_id in session.scalars(select(Mail.id).where(Mail.status == "queued")):
        if mail_id not in mails:
            yield f"mail {mail_id} will never be sent"
    waiting = {f.payload["subscription_id"] for f in facts if f.receiver == "provisioning"}
    for row in session.scalars(
        select(Subscription).where(Subscription.desired_version > Subscription.confirmed_version)
    ):
        if row.id not in waiting:
            yield f"subscription {row.id}: the outside world will not hear of version {row.desired_version}"
