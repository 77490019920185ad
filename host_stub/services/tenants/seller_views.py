"""Who sells, as the contract's frozen value, and as it is frozen with a document."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from billhook import BankAccountView, SellerView
from billhook.host.schemes import Regime, Scheme, scheme_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import MethodAccount, Reseller, SellerAccount, SellerRegime, SellerRequisites
from host_stub.persistence.store import fetch
from host_stub.persistence.types import Json


def scheme_of(session: Session, reseller_id: int) -> Scheme | None:
    """Return the scheme of a reseller's requisites, None where nobody knows one for its currency."""
    return scheme_for(fetch(session, Reseller, reseller_id).currency)


def seller_view(
    session: Session, reseller_id: int, schemes: Collection[str], *, method_id: int = 0, account_id: int | None = None
) -> SellerView | None:
    """Return who sells, for a provider whose papers need requisites of these schemes; None if they need none.

    method_id: whose bank account it is. account_id: this one instead, if it is still used.
    """
    if not schemes:
        return None
    scheme = scheme_of(session, reseller_id)
    if scheme is None or scheme.name not in schemes:
        return SellerView(next(iter(schemes)))
    return SellerView(
        scheme=scheme.name,
        requisites=requisites(session, reseller_id, scheme.name),
        account=_account(session, reseller_id, scheme, account_id or _chosen(session, method_id)),
        taxes=scheme.periods(regimes(session, reseller_id, scheme.name)),
    )


def requisites(session: Session, reseller_id: int, scheme: str) -> Mapping[str, str]:
    """Return what was entered by the scheme's keys, nothing before."""
    kept = select(SellerRequisites.values).where(
        SellerRequisites.reseller_id == reseller_id, SellerRequisites.scheme == scheme
    )
    return session.execute(kept).scalar_one_or_none() or {}


def _chosen(session: Session, method_id: int) -> int | None:
    query = select(MethodAccount.account_id).where(MethodAccount.method_id == method_id)
    return session.execute(query).scalar_one_or_none() if method_id else None


def _account(session: Session, reseller_id: int, scheme: Scheme, chosen: int | None) -> BankAccountView | None:
    query = select(SellerAccount).where(
        SellerAccount.reseller_id == reseller_id,
        SellerAccount.scheme == scheme.name,
        SellerAccount.closed_at.is_(None),
        SellerAccount.is_default if chosen is None else SellerAccount.id == chosen,
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        return None if chosen is None else _account(session, reseller_id, scheme, None)
    return BankAccountView(row.id, scheme.account_title(row.values), row.values)


def regimes(session: Session, reseller_id: int, scheme: str) -> list[Regime]:
    """Return the tax regimes of a reseller, the earliest first."""
    query = (
        select(SellerRegime)
        .where(SellerRegime.reseller_id == reseller_id, SellerRegime.scheme == scheme)
        .order_by(SellerRegime.valid_from)
    )
    return [Regime(row.valid_from, row.regime, row.vat) for row in session.scalars(query)]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a document says of its seller. sha256: tells two of them apart; empty where no seller is named."""

    said: Mapping[str, Any]
    sha256: str


def stamp(seller: SellerView | None, day: date) -> Stamp:
    """Return what a document of a day keeps of its seller."""
    if seller is None:
        return Stamp({}, "")
    tax = seller.tax_on(day)
    said = {
        "scheme": seller.scheme,
        "requisites": dict(seller.requisites),
        "account": dict(seller.account.values) if seller.account else {},
        "tax": {"regime": tax.regime, "vat": tax.vat, "rate": tax.rate} if tax else {},
    }
    return Stamp(said, hashlib.sha256(Json.text(said).encode()).hexdigest())
