"""The reseller as a seller, and the open bills that name what it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from billhook import TaxPeriod
from billhook.host.schemes import Regime, Scheme
from billhook.host.schemes import labelled as label
from billhook.settings import Text
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from host_stub import persistence as rows
from host_stub.domain.payments import OPEN
from host_stub.persistence.listings import Cursor, Listing, count_up_to, list_page
from host_stub.services.reading import accounts, payments
from host_stub.services.reading.documents import IssuedDocument
from host_stub.services.reading.payments import OfReseller, Payment
from host_stub.services.tenants import seller_views
from host_stub.services.tenants.days import today

#: Schemes of requisites by the plugins whose papers need them.
Needs = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class BankAccount:
    """title: bank and last digits. methods: names of those that take money into it by choice."""

    id: int
    title: str
    values: Mapping[str, str]
    is_default: bool
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxRegime:
    """until: the day before the next one begins, None for the last. periods: one for each rate in it."""

    since: date
    until: date | None
    regime: Text
    vat: Text
    periods: tuple[TaxPeriod, ...]
    holds: bool


@dataclass(frozen=True, slots=True)
class Seller:
    """regimes: the latest first."""

    scheme: Scheme
    requisites: Mapping[str, str]
    accounts: Sequence[BankAccount]
    regimes: Sequence[TaxRegime]
    today: date


def seller(session: Session, reseller_id: int) -> Seller | None:
    """Return who sells, None where nobody knows the requisites of its currency. Raises NotFound."""
    scheme = seller_views.scheme_of(session, reseller_id)
    if scheme is None:
        return None
    known, day = seller_views.regimes(session, reseller_id, scheme.name), today(session, reseller_id)
    return Seller(
        scheme=scheme,
        requisites=seller_views.requisites(session, reseller_id, scheme.name),
        accounts=bank_accounts(session, reseller_id),
        regimes=_regimes(scheme, known, scheme.periods(known), day),
        today=day,
    )


def _regimes(scheme: Scheme, known: Sequence[Regime], taxes: Sequence[TaxPeriod], day: date) -> list[TaxRegime]:
    ends = [each.since for each in known[1:]]
    found = [
        TaxRegime(
            since=each.since,
            until=end,
            regime=label(scheme.regimes, each.regime),
            vat=label(scheme.vats, each.vat),
            periods=tuple(tax for tax in taxes if each.since <= tax.since and (end is None or tax.since < end)),
            holds=each.since <= day and (end is None or day < end),
        )
        for each, end in zip_longest(known, ends)
    ]
    return found[::-1]


def bank_accounts(session: Session, reseller_id: int) -> list[BankAccount]:
    """Return the bank accounts in use, the default one first."""
    scheme = seller_views.scheme_of(session, reseller_id)
    if scheme is None:
        return []
    query = (
        select(rows.SellerAccount)
        .where(
            rows.SellerAccount.reseller_id == reseller_id,
            rows.SellerAccount.scheme == scheme.name,
            rows.SellerAccount.closed_at.is_(None),
        )
        .order_by(rows.SellerAccount.is_default.desc(), rows.SellerAccount.id)
    )
    chosen = _chosen(session, reseller_id)
    return [
        BankAccount(row.id, scheme.account_title(row.values), row.values, row.is_default, tuple(chosen.get(row.id, ())))
        for row in session.scalars(query)
    ]


def _chosen(session: Session, reseller_id: int) -> dict[int, list[str]]:
    query = (
        select(rows.MethodAccount.account_id, rows.PaymentMethod.name)
        .join(rows.PaymentMethod, rows.PaymentMethod.id == rows.MethodAccount.method_id)
        .where(rows.MethodAccount.reseller_id == reseller_id)
        .order_by(rows.PaymentMethod.position, rows.PaymentMethod.id)
    )
    found: dict[int, list[str]] = {}
    for account_id, name in session.execute(query):
        found.setdefault(account_id, []).append(name)
    return found


def account_of_method(session: Session, method_id: int) -> int | None:
    """Return the bank account that a method chose, None for the default one."""
    query = select(rows.MethodAccount.account_id).where(rows.MethodAccount.method_id == method_id)
    return session.execute(query).scalar_one_or_none()


def present_stamps(session: Session, reseller_id: int, needs: Needs) -> dict[int, str]:
    """Return by method what a bill of today would say of the seller, as `Document.seller_sha256` does."""
    query = select(rows.PaymentMethod.id, rows.PaymentMethod.plugin).where(
        rows.PaymentMethod.reseller_id == reseller_id, rows.PaymentMethod.plugin.in_(list(needs))
    )
    day = today(session, reseller_id)
    return {
        method_id: seller_views.stamp(
            seller_views.seller_view(session, reseller_id, needs[plugin], method_id=method_id), day
        ).sha256
        for method_id, plugin in session.execute(query).all()
    }


def former(session: Session, payment: Payment, documents: Sequence[IssuedDocument], needs: Needs) -> set[int]:
    """Return which documents of an open payment count and say another seller than one of today would."""
    telling = [each for each in documents if each.counts and each.seller_sha256] if payment.is_open else []
    if not telling:
        return set()
    stamps = present_stamps(session, payment.reseller_id, needs)
    return {each.id for each in telling if stamps.get(each.method_id, each.seller_sha256) != each.seller_sha256}


def outdated_count(session: Session, reseller_id: int, needs: Needs, most: int = 99) -> int:
    """Return how many open payments have a bill with former requisites, bank account or tax, up to `most` + 1."""
    stamps = present_stamps(session, reseller_id, needs)
    return count_up_to(session, _outdated(reseller_id, stamps).with_only_columns(rows.Payment.id), most)


def outdated(session: Session, reseller_id: int, needs: Needs, cursor: Cursor) -> Listing[OfReseller]:
    """Return a page of the open payments whose bill names the former seller, newest first."""
    query = _outdated(reseller_id, present_stamps(session, reseller_id, needs))
    query = query.join(rows.Account, rows.Account.id == rows.Payment.account_id).add_columns(rows.Account)
    return list_page(session, query, rows.Payment.id, cursor).of(
        lambda found: OfReseller(payments.of(found[0]), accounts.name_of(found[1]))
    )


def _outdated(reseller_id: int, stamps: Mapping[int, str]) -> Select[rows.Payment]:
    document, newer = aliased(rows.Document), aliased(rows.Document)
    same = (
        newer.payment_id == document.payment_id,
        newer.method_id == document.method_id,
        newer.kind == document.kind,
        newer.version > document.version,
    )
    differs: list[ColumnElement[bool]] = [
        and_(document.method_id == method_id, document.seller_sha256 != stamp) for method_id, stamp in stamps.items()
    ]
    former = select(document.id).where(
        document.payment_id == rows.Payment.id,
        document.seller_sha256 != "",
        document.withdrawn_at.is_(None),
        or_(*differs) if differs else document.id.is_(None),
        ~select(newer.id).where(*same).exists(),
    )
    return select(rows.Payment).where(
        rows.Payment.reseller_id == reseller_id, rows.Payment.status.in_(list(OPEN)), former.exists()
    )
