"""What leaves the panel and what it remembers: outbox, mail, notices, watches, the log, workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from host_stub.persistence.base import STRICT, Base, OfOperator, OfReseller, Searched, only, owned, within_reseller
from host_stub.persistence.types import Flag, Json


class Outbox(Base, OfReseller):
    """A fact for one receiver, written in the transaction that made it true."""

    __tablename__ = "outbox"
    __table_args__ = (
        *owned("outbox"),
        Index(None, "receiver", "lane", "id"),
        only("ix_outbox_dead", "reseller_id", "id", where="dead_at is not null"),
        only("ix_outbox_failing", "id", where="dead_at is null and last_error <> ''"),
        only("ix_outbox_dead_anywhere", "id", where="dead_at is not null"),
        # An id is never used again: what a delivery writes carries it in its once-only key.
        STRICT | {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receiver: Mapped[str] = mapped_column(Text)  # mail, provisioning, plugin:<name>
    lane: Mapped[str] = mapped_column(Text)  # what is delivered in order: account:<id>, mail:<id>, subscription:<id>
    sequence: Mapped[int] = mapped_column(default=0)  # the account's own number, in the order of its changes
    kind: Mapped[str] = mapped_column(Text)
    payload: Mapped[Any] = mapped_column(Json)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    dead_at: Mapped[datetime | None]


class Lane(Base):
    """One row per (receiver, lane) with something undelivered: it holds the lease and the back-off."""

    __tablename__ = "lane"
    __table_args__ = (
        PrimaryKeyConstraint("receiver", "lane"),
        # A receiver's resellers take turns, each with what waited longest.
        Index(None, "receiver", "reseller_id", "ready_at"),
        Index(None, "set_at"),
        STRICT,
    )

    receiver: Mapped[str] = mapped_column(Text)
    lane: Mapped[str] = mapped_column(Text)
    reseller_id: Mapped[int] = mapped_column(default=0, server_default="0")
    ready_at: Mapped[datetime]
    set_at: Mapped[datetime | None]  # when ready_at was written: one that lies ahead was written by another clock
    tries: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(Text, default="")


class Mail(Base, OfReseller, Searched):
    """A mail, from the moment it was decided until the SMTP server took or refused it."""

    __tablename__ = "mail"
    LOOKED_FOR = ("recipient", "subject")
    __table_args__ = (
        *owned("mail"),
        within_reseller("account_id", to="account"),
        UniqueConstraint("once_key"),
        Index(None, "account_id"),
        Index(None, "reseller_id", "status", "id"),
        only("ix_mail_refused", "reseller_id", "created_at", where="status = 'refused'"),
        only("ix_mail_refused_anywhere", "created_at", where="status = 'refused'"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None]
    category: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(Text)
    unsubscribe_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    once_key: Mapped[str] = mapped_column(Text)  # at most one mail per key, however often a handler runs
    status: Mapped[str] = mapped_column(Text)  # queued, sent, refused, unknown (perhaps delivered), dropped
    attempts: Mapped[int] = mapped_column(default=0)
    asks_for_money: Mapped[bool] = mapped_column(Flag, default=False, server_default=false())  # overtaken by a credit
    unanswered: Mapped[int] = mapped_column(default=0, server_default="0")  # sent whole, and no answer was seen
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Notice(Base, OfReseller):
    """A message to the people of an account, shown in the panel until dismissed."""

    __tablename__ = "notice"
    __table_args__ = (
        *owned("notice"),
        within_reseller("account_id", to="account"),
        UniqueConstraint("once_key"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    category: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, default="")
    once_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]


class BalanceWatch(Base, OfReseller):
    """A level that a plugin wants to hear about, once per crossing. Armed again by rising: `domain.watching`."""

    __tablename__ = "balance_watch"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "plugin", "key"),
        within_reseller("account_id", to="account"),
        STRICT,
    )

    account_id: Mapped[int]
    plugin: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    level_minor: Mapped[int]
    armed: Mapped[bool] = mapped_column(Flag)
    told_at: Mapped[datetime | None]  # the latest warning


class PluginActivation(Base, OfReseller):
    """Whether a plugin is on for a reseller; no row means off."""

    __tablename__ = "plugin_activation"
    __table_args__ = (PrimaryKeyConstraint("reseller_id", "plugin"), STRICT)

    plugin: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(Flag)
    changed_at: Mapped[datetime]


class PluginSetting(Base, OfReseller):
    """A plugin's setting for a reseller (no account) or for one account; the operator's stand in OperatorSetting."""

    __tablename__ = "plugin_setting"
    __table_args__ = (
        *owned("plugin_setting"),
        within_reseller("account_id", to="account"),
        Index(
            "uq_plugin_setting_reseller",
            "reseller_id",
            "plugin",
            "key",
            unique=True,
            sqlite_where=text("account_id is null"),
            postgresql_where=text("account_id is null"),
        ),
        Index(
            "uq_plugin_setting_account",
            "account_id",
            "plugin",
            "key",
            unique=True,
            sqlite_where=text("account_id is not null"),
            postgresql_where=text("account_id is not null"),
        ),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plugin: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None]
    key: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(Json)


class OperatorSetting(Base, OfOperator):
    """A plugin's setting for the whole installation."""

    __tablename__ = "operator_setting"
    __table_args__ = (PrimaryKeyConstraint("plugin", "key"), STRICT)

    plugin: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(Json)


class PluginFailure(Base):
    """The latest failure of a plugin at one place, with how often it happened."""

    __tablename__ = "plugin_failure"
    __table_args__ = (PrimaryKeyConstraint("plugin", "place"), STRICT)

    plugin: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)  # hook or provider method
    error: Mapped[str] = mapped_column(Text)
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class PluginTable(Base):
    """A table that a plugin's migrations made: whose it is stays known when the plugin's package is gone."""

    __tablename__ = "plugin_table"
    __table_args__ = (Index(None, "plugin"), STRICT)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    plugin: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


class LogEntry(Base, OfReseller, Searched):
    """Журнал: who did what to which object, and when. Append-only."""

    __tablename__ = "log_entry"
    LOOKED_FOR = ("actor", "details")
    __table_args__ = (
        *owned("log_entry"),
        Index(None, "reseller_id", "object_kind", "object_id", "id"),
        Index(None, "reseller_id", "object_kind", "id"),
        only("ix_log_entry_unread", "reseller_id", "at", "object_id", where="action = 'account.nobody_to_write_to'"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    object_kind: Mapped[str] = mapped_column(Text)  # payment, account, subscription, payment_method, user, reseller
    object_id: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)  # code; the sentence stands in the catalogue
    details: Mapped[Any] = mapped_column(Json, default=dict)


class Worker(Base):
    """A worker's heartbeat.

    plugins: what it found installed when it started, name → version. told: how its jobs do, as `heartbeat` writes it.
    """

    __tablename__ = "worker"
    __table_args__ = (STRICT,)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    plugins: Mapped[Any | None] = mapped_column(Json)
    told: Mapped[Any | None] = mapped_column(Json)


class ClockMark(Base):
    """The latest instant that was believed: one row. What a clock far beyond it says waits for a person."""

    __tablename__ = "clock_mark"
    __table_args__ = (STRICT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
