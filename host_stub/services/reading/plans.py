"""Plans as pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.domain.charging import Period
from host_stub.persistence.listings import Cursor, Listing, Search, contains, list_page
from host_stub.persistence.store import fetch
from host_stub.services.charges import plans


@dataclass(frozen=True, slots=True)
class Plan:
    """price: of a period; of an hourly plan that of a calendar month."""

    id: int
    name: str
    description: str
    period: Period
    price: Money
    active: bool


def of(session: Session, row: rows.Plan) -> Plan:
    currency = fetch(session, rows.Reseller, row.reseller_id).currency
    return Plan(row.id, row.name, row.description, Period(row.period), Money(row.price_minor, currency), row.active)


def plan(session: Session, plan_id: int) -> Plan:
    """Raises NotFound."""
    return of(session, fetch(session, rows.Plan, plan_id))


def list_plans(session: Session, active: bool | None, text: str, cursor: Cursor) -> Listing[tuple[Plan, str]]:
    """Return a page of plans, newest first, each with how many subscriptions it has, for people.

    active: only those that are on sale, or that are not. text: part of a name.
    """
    query = select(rows.Plan)
    if active is not None:
        query = query.where(rows.Plan.active == active)
    search = Search(contains(text, rows.Plan.folded)) if text else None
    found = list_page(session, query, rows.Plan.id, cursor, search=search)
    sold = plans.sold(session, [row.id for row in found.rows])
    return found.of(lambda row: (of(session, row), sold.get(row.id, "0")))


def on_sale(session: Session, reseller_id: int) -> list[Plan]:
    """Return what a reseller sells, by name."""
    return [of(session, row) for row in plans.of_reseller(session, reseller_id, only_active=True)]
