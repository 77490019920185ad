"""Subscriptions as a manager handles them."""

from __future__ import annotations

from dataclasses import dataclass

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.amounts import LARGEST_MINOR, AmountProblem
from host_stub.domain.charging import Reckoning, Span, cost, period_after
from host_stub.domain.errors import InsufficientFunds, InvalidAmount, RefusedError, SubscriptionClosed
from host_stub.persistence import Account, Plan, Reseller, Scope, Store, Subscription, SubscriptionStatus
from host_stub.persistence.store import fetch, now
from host_stub.services.books import ledger
from host_stub.services.charges import charging, holds, running
from host_stub.services.telling.journal import log
from host_stub.services.tenants.open_resellers import must_be_open


class PlanInactive(RefusedError):
    """The plan is no longer sold."""

    def __init__(self, name: str) -> None:
        super().__init__(f"plan {name!r} is no longer sold")
        self.name = name


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next charge of a running subscription, or what a pending or stopped one costs to start.

    span: the period it is for; None if the current hour or day is paid, or the subscription is deleted.
    """

    span: Span | None
    price: Money


def create(store: Store, scope: Scope, account_id: int, plan_id: int, *, name: str = "", by: Actor) -> int:
    """Create a pending subscription; return its id. The first sufficient credit activates it, or a manager.

    name: empty means the plan's name. Raises NotFound, ResellerClosed, PlanInactive.
    """
    with store.write(scope) as session:
        must_be_open(session, fetch(session, Account, account_id).reseller_id)
        account = ledger.lock_account(session, account_id)
        plan = fetch(session, Plan, plan_id)
        if not plan.active or plan.reseller_id != account.reseller_id:
            raise PlanInactive(plan.name)
        subscription = Subscription(
            reseller_id=account.reseller_id,
            account_id=account.id,
            plan_id=plan.id,
            name=name.strip() or plan.name,
            status=SubscriptionStatus.PENDING,
            created_at=now(session),
        )
        session.add(subscription)
        session.flush()
        log(
            session,
            "subscription",
            subscription.id,
            "subscription.created",
            reseller_id=account.reseller_id,
            by=by,
            plan=plan.name,
        )
        return subscription.id


def activate(store: Store, scope: Scope, subscription_id: int, *, by: Actor) -> None:
    """Charge the first period of a pending subscription and let it run.

    Raises NotFound, ResellerClosed, SubscriptionClosed if it is not pending, InsufficientFunds with the missing sum. In
    credit hold that sum ends the hold too, since in hold nothing is charged.
    """
    with store.write(scope) as session:
        must_be_open(session, fetch(session, Subscription, subscription_id).reseller_id)
        account, subscription = _locked(session, subscription_id)
        if subscription.status != SubscriptionStatus.PENDING:
            raise SubscriptionClosed(subscription.name, subscription.status)
        if account.on_hold_since is not None:
            # In hold nothing is charged: one that a lower price has made unfounded ends first, and may take this along.
            charging.settle(session, account)
            if subscription.status != SubscriptionStatus.PENDING:
                return
        missing = missing_to_activate(session, account, subscription)
        if missing:
            raise InsufficientFunds(missing.minor)
        running.start(session, account, subscription, by=by)


def missing_to_activate(session: Session, account: Account, subscription: Subscription) -> Money:
    """Return what must be topped up before a pending subscription can run; zero if nothing."""
    return sums_to_activate(session, account, subscription).needed


def sums_to_activate(session: Session, account: Account, subscription: Subscription) -> Reckoning:
    """Return what that sum is made of: in credit hold the stopped subscriptions have to fit as well."""
    price = running.cost_to_start(session, subscription)
    if account.on_hold_since is not None:
        price += holds.reckoning(session, account).due
    return Reckoning(
        Money(account.balance_minor, price.currency), Money(account.threshold_minor, price.currency), price
    )


def delete(store: Store, scope: Scope, subscription_id: int, *, by: Actor) -> None:
    """End a subscription for good. What was paid is not given back; a hold that it alone kept up ends.

    Raises NotFound, SubscriptionClosed if it is deleted already.
    """
    with store.write(scope) as session:
        account, subscription = _locked(session, subscription_id)
        if subscription.status == SubscriptionStatus.DELETED:
            raise SubscriptionClosed(subscription.name, subscription.status)
        running.delete(session, subscription, by=by)
        charging.settle(session, account)


def rename(store: Store, scope: Scope, subscription_id: int, name: str, *, by: Actor) -> None:
    """Give a subscription another name for people. Raises NotFound."""
    with store.write(scope) as session:
        _account, subscription = _locked(session, subscription_id)
        if name.strip() and name.strip() != subscription.name:
            subscription.name = name.strip()
            log(
                session,
                "subscription",
                subscription.id,
                "subscription.renamed",
                reseller_id=subscription.reseller_id,
                by=by,
                name=subscription.name,
            )


def upcoming(session: Session, subscription: Subscription) -> Upcoming:
    """Return what a subscription will cost next."""
    terms = running.terms_of(session, subscription)
    if subscription.status == SubscriptionStatus.DELETED:
        return Upcoming(None, Money.zero(terms.price.currency))
    if subscription.status == SubscriptionStatus.ACTIVE and subscription.next_charge_at is not None:
        span = period_after(terms, subscription.next_charge_at)
        return Upcoming(span, cost(terms, span))
    start = running.period_to_start(session, subscription)
    return Upcoming(start, running.cost_to_start(session, subscription))


def of_account(session: Session, account_id: int, *, with_deleted: bool = False) -> list[tuple[Subscription, Plan]]:
    """Return an account's subscriptions with their plans, newest first."""
    query = (
        select(Subscription, Plan)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(Subscription.account_id == account_id)
        .order_by(Subscription.id.desc())
    )
    if not with_deleted:
        query = query.where(Subscription.status != SubscriptionStatus.DELETED)
    return [(subscription, plan) for subscription, plan in session.execute(query)]


def change_threshold(store: Store, scope: Scope, account_id: int, threshold: Money, *, by: Actor) -> None:
    """Set how far charges may take an account's balance, and decide the hold again. Raises NotFound, InvalidAmount."""
    if abs(threshold.minor) > LARGEST_MINOR:
        raise InvalidAmount(AmountProblem.TOO_LARGE, threshold.plain())
    with store.write(scope) as session:
        account = ledger.lock_account(session, account_id)
        assert threshold.currency == fetch(session, Reseller, account.reseller_id).currency
        if account.threshold_minor == threshold.minor:
            return
        log(
            session,
            "account",
            account.id,
            "account.threshold_changed",
            reseller_id=account.reseller_id,
            by=by,
            was_minor=account.threshold_minor,
            threshold_minor=threshold.minor,
        )
        account.threshold_minor = threshold.minor
        charging.settle(session, account)


def _locked(session: Session, subscription_id: int) -> tuple[Account, Subscription]:
    """Return a subscription and its account, the account locked first: the order that every writer keeps."""
    account_id = fetch(session, Subscription, subscription_id).account_id
    account = ledger.lock_account(session, account_id)
    return account, fetch(session, Subscription, subscription_id, lock=True)
