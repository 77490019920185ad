"""What a credit brought about: subscriptions that it started, what was charged for them, and how that is taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.persistence import (
    Account,
    Charge,
    Entry,
    LedgerTransaction,
    LogEntry,
    Reseller,
    Subscription,
    SubscriptionStatus,
)
from host_stub.persistence.store import fetch
from host_stub.services.books import ledger
from host_stub.services.charges import running


@dataclass(frozen=True, slots=True)
class Started:
    """A subscription that a credit activated or resumed.

    charged: what was taken for it then, zero if it had paid time left. can_be_undone: it runs, and this was its latest
    charge; False once it has been charged again, stopped or deleted.
    """

    subscription_id: int
    name: str
    resumed: bool
    charged: Money
    can_be_undone: bool


def of_credit(session: Session, transaction_id: int) -> list[Started]:
    """Return what a credit started: settled in its unit, and therefore at its very instant."""
    header = fetch(session, LedgerTransaction, transaction_id)
    query = (
        select(LogEntry)
        .where(
            LogEntry.reseller_id == header.reseller_id,
            LogEntry.object_kind == "subscription",
            LogEntry.object_id.in_(_of_account(session, header)),
            LogEntry.action.in_(("subscription.activated", "subscription.resumed")),
            LogEntry.at == header.at,
        )
        .order_by(LogEntry.id)
    )
    return [_started(session, line, header) for line in session.scalars(query)]


def given_back(session: Session, charges: Iterable[Charge]) -> set[int]:
    """Return the ids of those charges that were reversed."""
    by_transaction = {charge.transaction_id: charge.id for charge in charges}
    query = select(LedgerTransaction.reverses_id).where(LedgerTransaction.reverses_id.in_(by_transaction))
    return {by_transaction[found] for found in session.scalars(query) if found is not None}


def take_back(session: Session, account: Account, transaction_id: int, *, reason: str, by: Actor) -> None:
    """Stop what a credit started on a locked account and give its charges back, inside a unit.

    What was activated waits for activation again; what was resumed is stopped again: `charging.settle_stopped` follows.
    """
    for each in [found for found in of_credit(session, transaction_id) if found.can_be_undone]:
        subscription = fetch(session, Subscription, each.subscription_id, lock=True)
        charge = _charge(session, fetch(session, LedgerTransaction, transaction_id), subscription.id)
        assert charge is not None
        header = fetch(session, LedgerTransaction, charge.transaction_id)
        ledger.reverse(session, account, header, reason=reason, by=by)
        running.take_back(session, account, subscription, resumed=each.resumed, by=by)


def _of_account(session: Session, header: LedgerTransaction) -> list[int]:
    entry = select(Entry.account_id).where(Entry.transaction_id == header.id, Entry.account_id.is_not(None))
    query = select(Subscription.id).where(Subscription.account_id.in_(entry))
    return list(session.scalars(query))


def _started(session: Session, line: LogEntry, header: LedgerTransaction) -> Started:
    subscription = fetch(session, Subscription, line.object_id)
    charge = _charge(session, header, subscription.id)
    currency = fetch(session, Reseller, header.reseller_id).currency
    runs = subscription.status == SubscriptionStatus.ACTIVE
    return Started(
        subscription.id,
        subscription.name,
        line.action == "subscription.resumed",
        Money(charge.amount_minor if charge is not None else 0, currency),
        can_be_undone=runs and charge is not None and _is_latest(session, charge),
    )


def _charge(session: Session, header: LedgerTransaction, subscription_id: int) -> Charge | None:
    query = select(Charge).where(Charge.subscription_id == subscription_id, Charge.created_at == header.at)
    return session.scalars(query.order_by(Charge.id.desc()).limit(1)).one_or_none()


def _is_latest(session: Session, charge: Charge) -> bool:
    later = select(Charge.id).where(Charge.subscription_id == charge.subscription_id, Charge.id > charge.id)
    return session.scalars(later.limit(1)).one_or_none() is None
