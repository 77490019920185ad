"""Charges: what was taken off balances for periods of subscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.persistence.listings import Cursor, Listing, list_page
from host_stub.persistence.store import fetch
from host_stub.services.money_in import consequences
from host_stub.services.reading import accounts, searching
from host_stub.services.reading.accounts import AccountName


@dataclass(frozen=True, slots=True)
class Charge:
    """amount: positive. given_back: it was reversed."""

    id: int
    subscription_id: int
    amount: Money
    period_start: datetime
    period_end: datetime
    created_at: datetime
    given_back: bool


@dataclass(frozen=True, slots=True)
class OfReseller:
    """A charge in the reseller's list. subscription: its name."""

    charge: Charge
    account: AccountName
    subscription: str


def list_charges(session: Session, text: str, cursor: Cursor) -> Listing[OfReseller]:
    """Return a page of charges, newest first. text: words of the customer or the subscription."""
    query = (
        select(rows.Charge)
        .join(rows.Account, rows.Account.id == rows.Charge.account_id)
        .join(rows.Subscription, rows.Subscription.id == rows.Charge.subscription_id)
        .add_columns(rows.Account, rows.Subscription)
    )
    found = list_page(session, query, rows.Charge.id, cursor, search=searching.charges(text) if text else None)
    shown = _shown(session, [charge for charge, _account, _subscription in found.rows])
    return found.of(lambda row: OfReseller(shown[row[0].id], accounts.name_of(row[1]), row[2].name))


def of_subscription(session: Session, subscription_id: int, most: int) -> list[Charge]:
    """Return the latest charges for a subscription, newest first."""
    query = select(rows.Charge).where(rows.Charge.subscription_id == subscription_id)
    return list(_shown(session, session.scalars(query.order_by(rows.Charge.id.desc()).limit(most)).all()).values())


def _shown(session: Session, found: Iterable[rows.Charge]) -> dict[int, Charge]:
    found = list(found)
    given_back = consequences.given_back(session, found) if found else set()
    return {row.id: _of(session, row, given_back=row.id in given_back) for row in found}


def _of(session: Session, row: rows.Charge, *, given_back: bool) -> Charge:
    currency = fetch(session, rows.Reseller, row.reseller_id).currency
    return Charge(
        id=row.id,
        subscription_id=row.subscription_id,
        amount=Money(row.amount_minor, currency),
        period_start=row.period_start,
        period_end=row.period_end,
        created_at=row.created_at,
        given_back=given_back,
    )
