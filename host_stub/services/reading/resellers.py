"""Resellers as pages show them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from billhook import Money, ResellerView
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.persistence.listings import Cursor, Listing, Search, contains, list_page
from host_stub.persistence.store import fetch, known
from host_stub.services.people import users
from host_stub.services.telling.views import reseller_view
from host_stub.services.tenants import resellers as tenants


@dataclass(frozen=True, slots=True)
class Reseller:
    """face: changes with logo and accent, for addresses that are kept long. logo_type: None without a logo."""

    id: int
    name: str
    is_operator: bool
    currency: str
    timezone: str
    language: str
    brand_name: str
    accent: str
    face: str
    logo_type: str | None
    site_url: str
    sales_email: str
    billing_email: str
    accounting_email: str
    support_email: str
    general_phone: str
    sales_phone: str
    number_mask: str
    next_number: int
    min_top_up: Money
    max_top_up: Money
    payment_lifetime_days: int
    provisioning_url: str
    has_provisioning_secret: bool
    closed_at: datetime | None
    catching_up: bool
    created_at: datetime

    @property
    def shown_name(self) -> str:
        return self.brand_name or self.name

    @property
    def has_logo(self) -> bool:
        return self.logo_type is not None


def of(row: rows.Reseller) -> Reseller:
    return Reseller(
        id=row.id,
        name=row.name,
        is_operator=row.is_operator,
        currency=row.currency,
        timezone=row.timezone,
        language=row.language,
        brand_name=row.brand_name,
        accent=row.accent,
        face=f"{crc32(row.accent.encode() + (row.logo or b'')):08x}",
        logo_type=row.logo_type if row.logo else None,
        site_url=row.site_url,
        sales_email=row.sales_email,
        billing_email=row.billing_email,
        accounting_email=row.accounting_email,
        support_email=row.support_email,
        general_phone=row.general_phone,
        sales_phone=row.sales_phone,
        number_mask=row.number_mask,
        next_number=row.next_number,
        min_top_up=Money(row.min_top_up_minor, row.currency),
        max_top_up=Money(row.max_top_up_minor, row.currency),
        payment_lifetime_days=row.payment_lifetime_days,
        provisioning_url=row.provisioning_url,
        has_provisioning_secret=row.provisioning_secret is not None,
        closed_at=row.closed_at,
        catching_up=row.catching_up,
        created_at=row.created_at,
    )


def reseller(session: Session, reseller_id: int) -> Reseller:
    """Raises NotFound."""
    return of(fetch(session, rows.Reseller, reseller_id))


def list_resellers(session: Session, text: str, cursor: Cursor) -> Listing[Reseller]:
    """Return a page of resellers, newest first. text: part of a name."""
    search = Search(contains(text, rows.Reseller.folded)) if text else None
    return list_page(session, select(rows.Reseller), rows.Reseller.id, cursor, search=search).of(of)


@dataclass(frozen=True, slots=True)
class ResellerName:
    """Whose something is, in lists of other things."""

    id: int
    name: str


def name_of(row: rows.Reseller) -> ResellerName:
    return ResellerName(row.id, row.name)


def names(session: Session, most: int = 200) -> list[ResellerName]:
    """Return the names of the resellers, oldest first."""
    query = select(rows.Reseller.id, rows.Reseller.name).order_by(rows.Reseller.id).limit(most)
    return [ResellerName(*found) for found in session.execute(query)]


def names_by_id(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the names of these resellers by id, in the order of the alphabet."""
    query = select(rows.Reseller.id, rows.Reseller.name).where(rows.Reseller.id.in_(ids))
    return dict(session.execute(query.order_by(rows.Reseller.name)).all()) if ids else {}


def of_number(session: Session, reseller_id: int) -> Reseller | None:
    row = session.get(rows.Reseller, reseller_id)
    return of(row) if row is not None else None


def operator(session: Session) -> Reseller | None:
    """Return the root reseller, None before the set-up."""
    row = users.operator(session)
    return of(row) if row is not None else None


def view(session: Session, reseller_id: int) -> ResellerView:
    """Return a reseller as plugins see it. Raises NotFound."""
    return reseller_view(fetch(session, rows.Reseller, reseller_id))


@dataclass(frozen=True, slots=True)
class Picture:
    """content_type: as it was found when it was uploaded."""

    content: bytes
    content_type: str


def logo(session: Session, reseller_id: int) -> Picture | None:
    """Return a reseller's logo, None without one. Raises NotFound."""
    row = fetch(session, rows.Reseller, reseller_id)
    return Picture(row.logo, row.logo_type) if row.logo and row.logo_type else None


def all_plugins_on(session: Session) -> frozenset[tuple[str, int]]:
    """Return which plugin is on for which reseller."""
    query = select(rows.PluginActivation.plugin, rows.PluginActivation.reseller_id)
    return frozenset((plugin, each) for plugin, each in session.execute(query.where(rows.PluginActivation.enabled)))


def ever_had(session: Session, reseller_id: int, plugin: str) -> bool:
    """Say whether a plugin was ever switched on for a reseller."""
    return session.get(rows.PluginActivation, (reseller_id, plugin)) is not None


def counts(session: Session, listed: Sequence[Reseller]) -> dict[int, str]:
    """Return how many customers each reseller has, for people, up to `COUNTED`."""
    return tenants.customers(session, [each.id for each in listed])


def plugins_on(session: Session, reseller_id: int) -> frozenset[str]:
    """Return the names of the plugins that are on for a reseller; a unit asks once."""
    asked: dict[int, frozenset[str]] = known(session).setdefault("plugins on", {})
    if reseller_id not in asked:
        asked[reseller_id] = frozenset(tenants.plugins_on(session, reseller_id))
    return asked[reseller_id]
