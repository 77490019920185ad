"""Accounts as pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from billhook import AccountType, AccountView, Money
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.domain.people import AccessLevel
from host_stub.persistence.listings import Cursor, Listing, list_page
from host_stub.persistence.store import fetch, keep, now
from host_stub.services.charges import holds
from host_stub.services.charges.holds import HoldSummary
from host_stub.services.reading import searching, work_queue
from host_stub.services.telling import views


@dataclass(frozen=True, slots=True)
class Account:
    """balance: positive is the customer's money. threshold: how far charges may go, often below zero."""

    id: int
    reseller_id: int
    type: AccountType
    name: str
    inn: str
    kpp: str
    email: str
    phone: str
    country: str
    region: str
    city: str
    zip: str
    street: str
    building: str
    office: str
    custom_attributes: Mapping[str, Any]
    language: str
    balance: Money
    threshold: Money
    on_hold_since: datetime | None
    created_at: datetime

    @property
    def on_hold(self) -> bool:
        return self.on_hold_since is not None


@dataclass(frozen=True, slots=True)
class AccountName:
    """Whose something is, in lists of other things."""

    id: int
    name: str
    on_hold: bool


def name_of(row: rows.Account) -> AccountName:
    return AccountName(row.id, row.name, row.on_hold_since is not None)


def of(session: Session, row: rows.Account) -> Account:
    currency = fetch(session, rows.Reseller, row.reseller_id).currency
    return Account(
        id=row.id,
        reseller_id=row.reseller_id,
        type=AccountType(row.type),
        name=row.name,
        inn=row.inn,
        kpp=row.kpp,
        email=row.email,
        phone=row.phone,
        country=row.country,
        region=row.region,
        city=row.city,
        zip=row.zip,
        street=row.street,
        building=row.building,
        office=row.office,
        custom_attributes=dict(row.custom_attributes or {}),
        language=row.language,
        balance=Money(row.balance_minor, currency),
        threshold=Money(row.threshold_minor, currency),
        on_hold_since=row.on_hold_since,
        created_at=row.created_at,
    )


def account(session: Session, account_id: int) -> Account:
    """Raises NotFound."""
    return of(session, fetch(session, rows.Account, account_id))


def reached(session: Session, user_id: int, account_id: int) -> tuple[Account, AccessLevel] | None:
    """Return an account with a customer's user's level for it, None if it is not theirs."""
    query = (
        select(rows.Account, rows.AccountAccess.level)
        .join(rows.AccountAccess, rows.AccountAccess.account_id == rows.Account.id)
        .where(rows.AccountAccess.user_id == user_id, rows.Account.id == account_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    keep(session, found[0])
    return of(session, found[0]), AccessLevel(found[1])


def all_reached(session: Session, user_id: int) -> list[AccountName]:
    """Return the accounts that a customer's user reaches, by name."""
    query = (
        select(rows.Account)
        .join(rows.AccountAccess, rows.AccountAccess.account_id == rows.Account.id)
        .where(rows.AccountAccess.user_id == user_id)
        .order_by(rows.Account.name, rows.Account.id)
    )
    return [name_of(row) for row in session.scalars(query)]


class Status(StrEnum):
    """What a list of accounts is narrowed to, beside the types of account."""

    ON_HOLD = "on_hold"
    IN_DEBT = "in_debt"
    STOPPING = "stopping"
    NOT_CHARGED = "not_charged"
    UNREACHABLE = "unreachable"


def list_accounts(session: Session, status: str, text: str, cursor: Cursor) -> Listing[Account]:
    """Return a page of accounts, newest first.

    status: a Status, an AccountType, or empty for all. text: part of a name, INN or e-mail; a whole INN or ID.
    """
    search = searching.accounts(text) if text else None
    found = list_page(session, _filtered(session, status), rows.Account.id, cursor, search=search)
    return found.of(lambda row: of(session, row))


def _filtered(session: Session, status: str) -> Select[Any]:
    query = select(rows.Account)
    match status:
        case Status.ON_HOLD:
            return query.where(rows.Account.on_hold_since.is_not(None))
        case Status.IN_DEBT:
            return query.where(work_queue.in_debt())
        case Status.STOPPING:
            return query.where(work_queue.will_stop(session))
        case Status.NOT_CHARGED:
            return query.where(rows.Account.id.in_(select(rows.ChargingFailure.account_id)))
        case Status.UNREACHABLE:
            return work_queue.unreachable(now(session))
    return query.where(rows.Account.type == status) if status else query


def known_name(session: Session, account_id: int) -> AccountName | None:
    row = session.get(rows.Account, account_id)
    return name_of(row) if row is not None else None


def finance_emails(session: Session, account_id: int) -> tuple[str, ...]:
    """Return the addresses of those who are told about money. Raises NotFound."""
    return views.finance_emails(session, fetch(session, rows.Account, account_id))


def view(session: Session, account_id: int) -> AccountView:
    """Return an account as plugins see it. Raises NotFound."""
    return views.account_view(session, fetch(session, rows.Account, account_id))


def hold(session: Session, account_id: int) -> HoldSummary:
    """Say whether an account is in credit hold, and what ends it. Raises NotFound."""
    return holds.hold_summary(session, fetch(session, rows.Account, account_id))
