"""Rows as the contract's frozen values."""

from __future__ import annotations

from billhook import AccountType, AccountView, Money, PaymentStatus, PaymentView, ResellerView
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import AccessLevel, Account, AccountAccess, Payment, Reseller, User
from host_stub.persistence.store import fetch
from host_stub.services.telling.descriptions import describe_payment


def reseller_view(row: Reseller) -> ResellerView:
    return ResellerView(
        id=row.id,
        name=row.brand_name or row.name,
        currency=row.currency,
        timezone=row.timezone,
        site_url=row.site_url,
        sales_email=row.sales_email,
        billing_email=row.billing_email,
        accounting_email=row.accounting_email,
        support_email=row.support_email,
        general_phone=row.general_phone,
        sales_phone=row.sales_phone,
    )


def finance_contacts(session: Session, account: Account) -> dict[str, str]:
    """Return who is told about money, each address with its reader's language.

    Finance managers, else owner and admins, else the account's own address.
    """
    query = (
        select(AccountAccess.level, User.email, User.language)
        .join(User, User.id == AccountAccess.user_id)
        .where(AccountAccess.account_id == account.id, User.active)
        .order_by(User.id)
        .execution_options(autoflush=False)  # nobody's access changes in a unit that moves money
    )
    people = session.execute(query).all()
    finance = {email: language for level, email, language in people if level == AccessLevel.FINANCE_MANAGER}
    heads = {email: language for level, email, language in people if level in (AccessLevel.OWNER, AccessLevel.ADMIN)}
    return finance or heads or ({account.email: account.language} if account.email else {})


def finance_emails(session: Session, account: Account) -> tuple[str, ...]:
    """Return the addresses of those who are told about money."""
    return tuple(finance_contacts(session, account))


def account_view(session: Session, row: Account) -> AccountView:
    reseller = fetch(session, Reseller, row.reseller_id)
    return AccountView(
        id=row.id,
        reseller_id=row.reseller_id,
        type=AccountType(row.type),
        name=row.name,
        balance=Money(row.balance_minor, reseller.currency),
        threshold=Money(row.threshold_minor, reseller.currency),
        on_hold=row.on_hold_since is not None,
        language=row.language,
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
        finance_emails=finance_emails(session, row),
        custom_attributes=dict(row.custom_attributes or {}),
    )


def payment_view(session: Session, row: Payment, language: str | None = None) -> PaymentView:
    """language: of the description; the account's own if not given."""
    reseller = fetch(session, Reseller, row.reseller_id)
    account = fetch(session, Account, row.account_id)
    amount = Money(row.amount_minor, row.currency)
    return PaymentView(
        id=row.id,
        number=row.number,
        amount=amount,
        status=PaymentStatus(row.status),
        purpose=row.purpose,
        description=describe_payment(amount, language or account.language),
        created_at=row.created_at,
        expires_at=row.expires_at,
        account=account_view(session, account),
        reseller=reseller_view(reseller),
    )
