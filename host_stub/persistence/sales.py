"""What is sold, and what was charged for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from host_stub.domain.charging import Period, SubscriptionStatus
from host_stub.persistence.base import STRICT, Base, OfReseller, Searched, only, owned, within_reseller
from host_stub.persistence.types import Flag


class Plan(Base, OfReseller, Searched):
    """Тарифный план."""

    __tablename__ = "plan"
    LOOKED_FOR = ("name",)
    __table_args__ = (
        *owned("plan"),
        CheckConstraint("period in ('hour','day','month')", name="period"),
        CheckConstraint("price_minor > 0", name="positive"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    period: Mapped[Period] = mapped_column(Text)
    price_minor: Mapped[int]  # of a period; for hourly plans of a calendar month
    active: Mapped[bool] = mapped_column(Flag, default=True)
    created_at: Mapped[datetime]


class Subscription(Base, OfReseller, Searched):
    """Подписка: an account's agreement to consume a plan."""

    __tablename__ = "subscription"
    LOOKED_FOR = ("name",)
    __table_args__ = (
        *owned("subscription"),
        within_reseller("account_id", to="account"),
        within_reseller("plan_id", to="plan"),
        CheckConstraint("status in ('pending','active','stopped','deleted')", name="status"),
        # What is due is asked for by account, over the installation, and by reseller: none may walk the others' rows.
        Index(None, "account_id", "status", "next_charge_at"),
        Index(None, "status", "next_charge_at"),
        Index(None, "reseller_id", "status", "next_charge_at"),
        Index(None, "reseller_id", "status", "id"),
        Index(None, "plan_id", "status"),
        only("ix_subscription_not_switched", "reseller_id", "id", where="provisioning_error <> ''"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    plan_id: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    status: Mapped[SubscriptionStatus] = mapped_column(Text)
    created_at: Mapped[datetime]
    anchor_at: Mapped[datetime | None]  # start of the current run of months: activation or resume
    next_charge_at: Mapped[datetime | None]  # start of the first period that is not paid; none while pending
    stopped_at: Mapped[datetime | None]
    desired_version: Mapped[int] = mapped_column(default=0)  # raised with every change of the desired state
    confirmed_version: Mapped[int] = mapped_column(default=0)  # what the provisioning endpoint confirmed
    provisioning_error: Mapped[str] = mapped_column(Text, default="")


class Charge(Base, OfReseller):
    """Списание: money off the balance for one period of a subscription."""

    __tablename__ = "charge"
    __table_args__ = (
        *owned("charge"),
        within_reseller("account_id", to="account"),
        within_reseller("subscription_id", to="subscription"),
        within_reseller("transaction_id", to="ledger_transaction"),
        UniqueConstraint("subscription_id", "period_start"),
        Index(None, "account_id", "id"),
        Index(None, "transaction_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    subscription_id: Mapped[int]
    transaction_id: Mapped[int]
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    amount_minor: Mapped[int]
    created_at: Mapped[datetime]


class ChargingFailure(Base, OfReseller):
    """An account that could not be charged, until it can: what went wrong, and when the next try is due."""

    __tablename__ = "charging_failure"
    __table_args__ = (
        PrimaryKeyConstraint("account_id"),
        within_reseller("account_id", to="account"),
        Index(None, "reseller_id", "first_at"),
        STRICT,
    )

    account_id: Mapped[int] = mapped_column(autoincrement=False)
    error: Mapped[str] = mapped_column(Text)
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    retry_at: Mapped[datetime]
