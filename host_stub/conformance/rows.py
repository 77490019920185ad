"""The rows of a small world: a seller on whom the plugin is on, accounts of each type, a customer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from billhook import AccountType
from billhook_kit.views import GENERAL, make_account, make_reseller, make_seller
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM
from host_stub.persistence import (
    AccessLevel,
    Account,
    AccountAccess,
    PluginActivation,
    Reseller,
    SellerAccount,
    SellerRegime,
    SellerRequisites,
    User,
    UserKind,
    WebSession,
)
from host_stub.persistence.store import now
from host_stub.services.people import signin, users


def add_reseller(session: Session, plugin: str, currency: str) -> int:
    """Add a seller and turn the plugin on for it."""
    sample = make_reseller(currency)
    row = Reseller(
        name=sample.name,
        currency=currency,
        timezone=sample.timezone,
        sales_email=sample.sales_email,
        billing_email=sample.billing_email,
        accounting_email=sample.accounting_email,
        support_email=sample.support_email,
        created_at=now(session),
    )
    session.add(row)
    session.flush()
    session.add(PluginActivation(reseller_id=row.id, plugin=plugin, enabled=True, changed_at=now(session)))
    _add_seller(session, row.id)
    return row.id


def _add_seller(session: Session, reseller_id: int) -> None:
    """Enter what papers say of the sample seller."""
    sample = make_seller()
    assert sample.account is not None
    owned: dict[str, Any] = {"reseller_id": reseller_id, "scheme": sample.scheme}
    at = now(session)
    session.add(SellerRequisites(**owned, values=dict(sample.requisites), changed_at=at))
    session.add(SellerAccount(**owned, values=dict(sample.account.values), is_default=True, created_at=at))
    session.add(
        SellerRegime(
            **owned,
            valid_from=GENERAL.since,
            regime=GENERAL.regime,
            vat=GENERAL.vat,
            created_at=at,
            created_by=str(SYSTEM),
        )
    )


def add_operator(session: Session) -> None:
    """Add the root reseller, if there is none."""
    if users.operator(session) is None:
        session.add(Reseller(name="Operator", is_operator=True, created_at=now(session)))


def add_account(session: Session, reseller_id: int, kind: AccountType) -> int:
    sample = make_account(kind=kind)
    row = Account(
        reseller_id=reseller_id,
        type=kind.value,
        name=sample.name,
        inn=sample.inn,
        kpp=sample.kpp,
        email=sample.email,
        phone=sample.phone,
        city=sample.city,
        street=sample.street,
        building=sample.building,
        created_at=now(session),
    )
    session.add(row)
    session.flush()
    return row.id


def sign_in_customer(session: Session, account: Account, language: str, level: AccessLevel = AccessLevel.OWNER) -> str:
    """Return the token of a browser in which a customer of the account is signed in."""
    user_id, token = _signed_in(session, account.reseller_id, UserKind.CUSTOMER, account.name, language)
    session.add(AccountAccess(reseller_id=account.reseller_id, account_id=account.id, user_id=user_id, level=level))
    return token


def sign_in_manager(session: Session, reseller_id: int, language: str) -> str:
    """Return the token of a browser in which a manager of the reseller is signed in."""
    return _signed_in(session, reseller_id, UserKind.MANAGER, "Manager", language)[1]


def sign_in_operator(session: Session, language: str) -> str:
    """Return the token of a browser with the operator signed in; their own reseller is made with the first one."""
    root = users.operator(session)
    if root is None:
        root = Reseller(name="Operator", is_operator=True, created_at=now(session))
        session.add(root)
        session.flush()
    return _signed_in(session, root.id, UserKind.MANAGER, "Operator", language)[1]


def _signed_in(session: Session, reseller_id: int, kind: UserKind, name: str, language: str) -> tuple[int, str]:
    at = now(session)
    token = signin.new_token()
    user = User(
        reseller_id=reseller_id,
        kind=kind,
        email=f"{token[:12].lower()}@customer.example",
        name=name,
        language=language,
        created_at=at,
    )
    session.add(user)
    session.flush()
    session.add(
        WebSession(
            token_hash=signin.token_hash(token),
            user_id=user.id,
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(hours=12),
        )
    )
    return user.id, token
