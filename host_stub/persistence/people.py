"""Resellers, accounts, users and how they sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from host_stub.domain.people import AccessLevel, UserKind
from host_stub.domain.resellers import NEW
from host_stub.persistence.base import STRICT, Base, OfReseller, Searched, only, owned, within_reseller
from host_stub.persistence.types import Blob, Flag, Json


class Reseller(Base, Searched):
    """Legal entity that sells and issues bills, in one currency. The root one is the operator."""

    __tablename__ = "reseller"
    LOOKED_FOR = ("name", "brand_name")
    __table_args__ = (STRICT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    is_operator: Mapped[bool] = mapped_column(Flag, default=False)
    currency: Mapped[str] = mapped_column(Text, default="RUB")
    timezone: Mapped[str] = mapped_column(Text, default=NEW.timezone)
    language: Mapped[str] = mapped_column(Text, default=NEW.language)
    brand_name: Mapped[str] = mapped_column(Text, default="")
    accent: Mapped[str] = mapped_column(Text, default="")
    logo: Mapped[bytes | None] = mapped_column(Blob)
    logo_type: Mapped[str | None] = mapped_column(Text)
    site_url: Mapped[str] = mapped_column(Text, default="")
    sales_email: Mapped[str] = mapped_column(Text, default="")
    billing_email: Mapped[str] = mapped_column(Text, default="")
    accounting_email: Mapped[str] = mapped_column(Text, default="")
    support_email: Mapped[str] = mapped_column(Text, default="")
    general_phone: Mapped[str] = mapped_column(Text, default="")
    sales_phone: Mapped[str] = mapped_column(Text, default="")
    number_mask: Mapped[str] = mapped_column(Text, default=NEW.number_mask)  # one run of #: the number, zero-padded
    next_number: Mapped[int] = mapped_column(default=1)
    min_top_up_minor: Mapped[int] = mapped_column(default=NEW.min_top_up_minor)  # in the reseller's currency
    max_top_up_minor: Mapped[int] = mapped_column(default=NEW.max_top_up_minor)
    payment_lifetime_days: Mapped[int] = mapped_column(default=NEW.payment_lifetime_days)
    provisioning_url: Mapped[str] = mapped_column(Text, default="")
    provisioning_secret: Mapped[str | None] = mapped_column(Text)  # encrypted
    closed_at: Mapped[datetime | None]  # since when none of its people signs in and nothing new begins; none while open
    catching_up: Mapped[bool] = mapped_column(Flag, default=False)  # subscriptions still follow the last change of that
    created_at: Mapped[datetime]


class User(Base, OfReseller):
    """A login. Managers work for the reseller; customers reach accounts through AccountAccess."""

    __tablename__ = "user"
    __table_args__ = (*owned("user"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[UserKind] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, unique=True)  # lower case; unique over the installation
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)  # none until the invitation is accepted
    language: Mapped[str] = mapped_column(Text, default="ru")
    active: Mapped[bool] = mapped_column(Flag, default=True)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]


class WebSession(Base):
    """A browser that is signed in. The cookie carries the token, the table its hash."""

    __tablename__ = "web_session"
    __table_args__ = (STRICT,)

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginToken(Base):
    """A single-use link: invitation or password reset."""

    __tablename__ = "login_token"
    __table_args__ = (STRICT,)

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    purpose: Mapped[str] = mapped_column(Text)  # invitation, reset
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RateLimit(Base):
    """Failures counted per key (address, login, capability) in a window; kept here so that all processes agree."""

    __tablename__ = "rate_limit"
    __table_args__ = (STRICT,)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    window_started_at: Mapped[datetime]
    count: Mapped[int]


class Account(Base, OfReseller, Searched):
    """Клиент: the paying party. Balance positive = the customer's money; a projection of its entries."""

    __tablename__ = "account"
    LOOKED_FOR = ("name", "inn", "email")
    __table_args__ = (
        *owned("account"),
        Index(None, "reseller_id", "name"),
        Index(None, "reseller_id", "inn"),
        Index(None, "reseller_id", "type", "id"),
        only("ix_account_on_hold", "reseller_id", "id", where="on_hold_since is not null"),
        only("ix_account_on_hold_anywhere", "id", where="on_hold_since is not null"),
        only("ix_account_stopping", "reseller_id", "id", where="stopping_since is not null"),
        only("ix_account_in_debt", "reseller_id", "id", where="balance_minor < 0"),
        CheckConstraint("type in ('person','sole_proprietor','company')", name="type"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(Text)  # billhook.AccountType
    name: Mapped[str] = mapped_column(Text)
    inn: Mapped[str] = mapped_column(Text, default="")
    kpp: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(Text, default="RU")
    region: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(Text, default="")
    zip: Mapped[str] = mapped_column(Text, default="")
    street: Mapped[str] = mapped_column(Text, default="")
    building: Mapped[str] = mapped_column(Text, default="")
    office: Mapped[str] = mapped_column(Text, default="")
    custom_attributes: Mapped[Any] = mapped_column(Json, default=dict)
    language: Mapped[str] = mapped_column(Text, default="ru")
    balance_minor: Mapped[int] = mapped_column(default=0)  # reseller's currency; changed by ledger postings only
    threshold_minor: Mapped[int] = mapped_column(default=0)  # may be negative: how far charges may go
    event_sequence: Mapped[int] = mapped_column(default=0)  # drawn under the row lock
    on_hold_since: Mapped[datetime | None]
    stopping_since: Mapped[datetime | None]  # since when the worker expects its services to stop within the day
    created_at: Mapped[datetime]


class AccountAccess(Base, OfReseller):
    """A user's level for an account."""

    __tablename__ = "account_access"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "user_id"),
        within_reseller("account_id", to="account"),
        within_reseller("user_id", to="user"),
        Index(None, "user_id"),
        STRICT,
    )

    account_id: Mapped[int]
    user_id: Mapped[int]
    level: Mapped[AccessLevel] = mapped_column(Text)
