"""Subscriptions as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from billhook import Money
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.domain.charging import Reckoning, SubscriptionStatus
from host_stub.domain.errors import NotFound
from host_stub.persistence.listings import Cursor, Listing, Search, list_page
from host_stub.persistence.store import fetch, now
from host_stub.services.charges import running, subscriptions
from host_stub.services.charges.holds import HoldSummary
from host_stub.services.charges.subscriptions import Upcoming
from host_stub.services.reading import accounts, charges, plans, searching, work_queue
from host_stub.services.reading.accounts import Account, AccountName
from host_stub.services.reading.charges import Charge
from host_stub.services.reading.plans import Plan


class Switching(StrEnum):
    """Whether the outside world follows the subscription."""

    NEVER = "never"
    DONE = "done"
    UNDER_WAY = "under_way"


@dataclass(frozen=True, slots=True)
class Subscription:
    """next_charge_at: start of the first period that is not paid. provisioning_error: empty if the world followed."""

    id: int
    account_id: int
    plan_id: int
    name: str
    status: SubscriptionStatus
    created_at: datetime
    anchor_at: datetime | None
    next_charge_at: datetime | None
    stopped_at: datetime | None
    provisioning_error: str
    switching: Switching


def of(row: rows.Subscription) -> Subscription:
    return Subscription(
        id=row.id,
        account_id=row.account_id,
        plan_id=row.plan_id,
        name=row.name,
        status=SubscriptionStatus(row.status),
        created_at=row.created_at,
        anchor_at=row.anchor_at,
        next_charge_at=row.next_charge_at,
        stopped_at=row.stopped_at,
        provisioning_error=row.provisioning_error,
        switching=_switching(row),
    )


def _switching(row: rows.Subscription) -> Switching:
    if row.desired_version == 0:
        return Switching.NEVER
    return Switching.DONE if row.desired_version == row.confirmed_version else Switching.UNDER_WAY


def subscription(session: Session, subscription_id: int) -> Subscription:
    """Raises NotFound."""
    return of(fetch(session, rows.Subscription, subscription_id))


def of_account(session: Session, account_id: int, subscription_id: int) -> Subscription:
    """Return a subscription of this account. Raises NotFound, also for another account's."""
    found = subscription(session, subscription_id)
    if found.account_id != account_id:
        raise NotFound("Subscription", subscription_id)
    return found


@dataclass(frozen=True, slots=True)
class OfReseller:
    """A subscription in the reseller's list."""

    subscription: Subscription
    account: AccountName
    plan: Plan


#: Beside the statuses, what a list is narrowed to: the outside world did not follow.
NOT_SWITCHED: Final = "failing"


def list_all(session: Session, status: str, text: str, cursor: Cursor) -> Listing[OfReseller]:
    """Return a page of a reseller's subscriptions, newest first.

    status: a SubscriptionStatus, `NOT_SWITCHED`, or empty. text: words of its name, the customer or the plan.
    """
    search = searching.subscriptions(text) if text else None
    return _listed(session, _filtered(status), cursor, search)


def list_of_account(session: Session, account_id: int, cursor: Cursor) -> Listing[OfReseller]:
    """Return a page of an account's subscriptions, deleted ones too, newest first."""
    return _listed(session, _with_neighbours().where(rows.Subscription.account_id == account_id), cursor, None)


def _listed(session: Session, query: Select[Any], cursor: Cursor, search: Search | None) -> Listing[OfReseller]:
    found = list_page(session, query, rows.Subscription.id, cursor, search=search)
    return found.of(lambda row: OfReseller(of(row[0]), accounts.name_of(row[1]), plans.of(session, row[2])))


def _filtered(status: str) -> Select[Any]:
    query = _with_neighbours()
    if status == NOT_SWITCHED:
        return query.where(work_queue.not_switched())
    return query.where(rows.Subscription.status == status) if status else query


def _with_neighbours() -> Select[Any]:
    return (
        select(rows.Subscription)
        .join(rows.Account, rows.Account.id == rows.Subscription.account_id)
        .join(rows.Plan, rows.Plan.id == rows.Subscription.plan_id)
        .add_columns(rows.Account, rows.Plan)
    )


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """What a manager sees of a subscription beside itself.

    next: its coming charge, or what it costs to start. to_start: of a pending one, the sums that decide.
    at: the instant of all this.
    """

    account: Account
    plan: Plan
    hold: HoldSummary
    next: Upcoming
    to_start: Reckoning | None
    charges: Sequence[Charge]
    at: datetime


def with_neighbours(session: Session, subscription_id: int) -> OfReseller:
    """Raises NotFound."""
    row = fetch(session, rows.Subscription, subscription_id)
    account = fetch(session, rows.Account, row.account_id)
    return OfReseller(of(row), accounts.name_of(account), plans.plan(session, row.plan_id))


def to_start(session: Session, subscription_id: int) -> tuple[Money, Reckoning] | None:
    """Return what it costs to start a pending subscription and the sums that decide; None for any other.

    Raises NotFound.
    """
    row = fetch(session, rows.Subscription, subscription_id)
    if row.status != SubscriptionStatus.PENDING:
        return None
    account = fetch(session, rows.Account, row.account_id)
    return running.cost_to_start(session, row), subscriptions.sums_to_activate(session, account, row)


def facts(session: Session, subscription: Subscription, charges_shown: int) -> SubscriptionFacts:
    row = fetch(session, rows.Subscription, subscription.id)
    account = fetch(session, rows.Account, row.account_id)
    pending = row.status == SubscriptionStatus.PENDING
    return SubscriptionFacts(
        account=accounts.of(session, account),
        plan=plans.plan(session, row.plan_id),
        hold=accounts.hold(session, row.account_id),
        next=subscriptions.upcoming(session, row),
        to_start=subscriptions.sums_to_activate(session, account, row) if pending else None,
        charges=charges.of_subscription(session, row.id, charges_shown),
        at=now(session),
    )


@dataclass(frozen=True, slots=True)
class Service:
    """A subscription as its customer sees it.

    next: its coming charge, or what it costs to start. to_start: the sums that decide whether a pending one can start.
    """

    subscription: Subscription
    plan: Plan
    next: Upcoming
    to_start: Reckoning | None = None


def services(session: Session, account_id: int) -> list[Service]:
    """Return an account's subscriptions that are not deleted, newest first. Raises NotFound."""
    account = fetch(session, rows.Account, account_id)
    return [
        Service(
            of(row),
            plans.of(session, plan),
            subscriptions.upcoming(session, row),
            subscriptions.sums_to_activate(session, account, row) if row.status == SubscriptionStatus.PENDING else None,
        )
        for row, plan in subscriptions.of_account(session, account_id)
    ]


def cost_to_start(session: Session, subscription_id: int) -> Money | None:
    """Return what it costs to start a pending subscription, None for any other. Raises NotFound."""
    row = fetch(session, rows.Subscription, subscription_id)
    return running.cost_to_start(session, row) if row.status == SubscriptionStatus.PENDING else None
