"""Who sells: requisites, bank accounts and tax regimes of a reseller, by scheme."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from host_stub.persistence.base import STRICT, Base, OfReseller, owned, within_reseller
from host_stub.persistence.types import Flag, Json

_DEFAULT = text("is_default")


class SellerRequisites(Base, OfReseller):
    """What papers say of the reseller as a seller. `values` by the scheme's keys, as the scheme left them."""

    __tablename__ = "seller_requisites"
    __table_args__ = (*owned("seller_requisites"), UniqueConstraint("reseller_id", "scheme"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(Text)
    values: Mapped[Any] = mapped_column(Json)
    changed_at: Mapped[datetime]


class SellerAccount(Base, OfReseller):
    """A bank account of the reseller. Given up, never deleted: bills name it."""

    __tablename__ = "seller_account"
    __table_args__ = (
        *owned("seller_account"),
        Index(
            "uq_seller_account_default",
            "reseller_id",
            "scheme",
            unique=True,
            sqlite_where=_DEFAULT,
            postgresql_where=_DEFAULT,
        ),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(Text)
    values: Mapped[Any] = mapped_column(Json)
    is_default: Mapped[bool] = mapped_column(Flag)
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SellerRegime(Base, OfReseller):
    """How the reseller is taxed from a day of its own zone on, until the next row."""

    __tablename__ = "seller_regime"
    __table_args__ = (*owned("seller_regime"), UniqueConstraint("reseller_id", "scheme", "valid_from"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    regime: Mapped[str] = mapped_column(Text)
    vat: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)


class MethodAccount(Base, OfReseller):
    """Into which bank account a payment method takes money; the reseller's default where there is no row."""

    __tablename__ = "method_account"
    __table_args__ = (
        *owned("method_account"),
        within_reseller("method_id", to="payment_method"),
        within_reseller("account_id", to="seller_account"),
        UniqueConstraint("method_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    method_id: Mapped[int]
    account_id: Mapped[int]
