"""Steps inside a unit that make a subscription run, pay for a period, or stop. The account is locked by the caller."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from billhook import Money, SubscriptionResumed, SubscriptionStopped
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM, Actor
from host_stub.domain.charging import Period, Span, Terms, cost, first_period, fits, unused_month
from host_stub.persistence import Account, Charge, Leg, Plan, Reseller, Subscription, SubscriptionStatus
from host_stub.persistence.store import fetch, now
from host_stub.services.books import ledger
from host_stub.services.queues import events, outbox
from host_stub.services.telling.journal import log


def terms_of(session: Session, subscription: Subscription) -> Terms:
    """Return how a subscription is charged today; a pending one as if it were activated now."""
    plan = fetch(session, Plan, subscription.plan_id)
    reseller = fetch(session, Reseller, subscription.reseller_id)
    return Terms(
        period=Period(plan.period),
        price=Money(plan.price_minor, reseller.currency),
        zone=ZoneInfo(reseller.timezone),
        anchor=subscription.anchor_at or now(session),
    )


def of_account(account: Account, *statuses: SubscriptionStatus) -> Select[Subscription]:
    """Return the query for an account's subscriptions in these statuses, oldest first."""
    return (
        select(Subscription)
        .where(Subscription.account_id == account.id, Subscription.status.in_(statuses))
        .order_by(Subscription.id)
    )


def period_to_start(session: Session, subscription: Subscription) -> Span | None:
    """Return what a pending or stopped subscription must pay to run now; None if it has paid time left."""
    terms = terms_of(session, subscription)
    if _unused_month(terms, subscription):
        return None
    return first_period(terms, subscription.next_charge_at, now(session))


def _unused_month(terms: Terms, subscription: Subscription) -> timedelta:
    return unused_month(terms, subscription.next_charge_at, subscription.stopped_at)


def cost_to_start(session: Session, subscription: Subscription) -> Money:
    """Return the price of `period_to_start`, zero if there is none."""
    terms, span = terms_of(session, subscription), period_to_start(session, subscription)
    return cost(terms, span) if span is not None else Money.zero(terms.price.currency)


def affordable(account: Account, price: Money) -> bool:
    """Say whether a charge leaves the account at its threshold or above."""
    return fits(Money(account.balance_minor, price.currency), Money(account.threshold_minor, price.currency), price)


def start(session: Session, account: Account, subscription: Subscription, *, by: Actor = SYSTEM) -> None:
    """Charge the first period of a pending or stopped subscription and let it run. The charge was found to fit."""
    terms, at = terms_of(session, subscription), now(session)
    resumed = subscription.status == SubscriptionStatus.STOPPED
    span = period_to_start(session, subscription)
    subscription.anchor_at = at
    left = _unused_month(terms, subscription)
    if left:
        subscription.anchor_at = subscription.next_charge_at = at + left
    subscription.stopped_at = None
    if span is not None:
        pay(session, account, subscription, span, cost(terms, span))
    _change(session, subscription, SubscriptionStatus.ACTIVE, by=by)
    if resumed:
        _tell(session, account, subscription, SubscriptionResumed)


def pay(session: Session, account: Account, subscription: Subscription, span: Span, price: Money) -> None:
    """Post the charge of one period and move the subscription on; a period that costs nothing only moves it."""
    subscription.next_charge_at = span.end
    if not price:
        return
    header = ledger.post(
        session,
        account,
        ledger.Movement(
            source="charge",
            source_id=f"{subscription.id}:{span.start.isoformat()}",
            kind=ledger.Kind.CHARGE,
            amount_minor=-price.minor,
            against=Leg.REVENUE,
            by=SYSTEM,
            details={
                "subscription_id": subscription.id,
                "subscription": subscription.name,
                "period_start": span.start.isoformat(),
                "period_end": span.end.isoformat(),
            },
        ),
    )
    session.add(
        Charge(
            reseller_id=account.reseller_id,
            account_id=account.id,
            subscription_id=subscription.id,
            transaction_id=header.id,
            period_start=span.start,
            period_end=span.end,
            amount_minor=price.minor,
            created_at=header.at,
        )
    )
    session.flush()


def stop(session: Session, account: Account, subscription: Subscription, *, closing: bool = False) -> None:
    """Stop a subscription whose paid period is over, or, closing, whose reseller is closed within it."""
    subscription.stopped_at = now(session)
    action = "subscription.stopped_by_closing" if closing else ""
    _change(session, subscription, SubscriptionStatus.STOPPED, by=SYSTEM, action=action)
    _tell(session, account, subscription, SubscriptionStopped)


def take_back(session: Session, account: Account, subscription: Subscription, *, resumed: bool, by: Actor) -> None:
    """Let a subscription stand as before its start, whose charge was given back.

    resumed: it is stopped again, else it waits for activation again. Started once more within the same hour or day, it
    pays from this instant on.
    """
    at = now(session)
    subscription.next_charge_at = at
    subscription.stopped_at = at if resumed else None
    to = SubscriptionStatus.STOPPED if resumed else SubscriptionStatus.PENDING
    _change(session, subscription, to, by=by, action="subscription.start_taken_back")
    _tell(session, account, subscription, SubscriptionStopped)


def delete(session: Session, subscription: Subscription, *, by: Actor) -> None:
    """End a subscription for good; what was paid stays paid."""
    subscription.next_charge_at = None
    _change(session, subscription, SubscriptionStatus.DELETED, by=by)


_ACTIONS = {
    (SubscriptionStatus.PENDING, SubscriptionStatus.ACTIVE): "subscription.activated",
    (SubscriptionStatus.STOPPED, SubscriptionStatus.ACTIVE): "subscription.resumed",
    (SubscriptionStatus.ACTIVE, SubscriptionStatus.STOPPED): "subscription.stopped",
}


def _change(
    session: Session, subscription: Subscription, to: SubscriptionStatus, *, by: Actor, action: str = ""
) -> None:
    """Set the status, log it, and order the outside world to follow: the job applies whatever is desired by then."""
    action = action or _ACTIONS.get((SubscriptionStatus(subscription.status), to), f"subscription.{to}")
    started = subscription.status != SubscriptionStatus.PENDING or subscription.desired_version > 0
    known_outside = started or to is SubscriptionStatus.ACTIVE
    subscription.status = to
    log(session, "subscription", subscription.id, action, reseller_id=subscription.reseller_id, by=by)
    if not known_outside:
        return
    subscription.desired_version += 1
    outbox.enqueue(
        session,
        outbox.PROVISIONING,
        f"subscription:{subscription.id}",
        "apply_desired_state",
        {"subscription_id": subscription.id},
        reseller_id=subscription.reseller_id,
    )


def _tell(
    session: Session,
    account: Account,
    subscription: Subscription,
    kind: type[SubscriptionStopped] | type[SubscriptionResumed],
) -> None:
    event = kind(
        reseller_id=account.reseller_id,
        account_id=account.id,
        subscription_id=subscription.id,
        name=subscription.name,
        at=now(session),
    )
    events.tell(session, account, event)
