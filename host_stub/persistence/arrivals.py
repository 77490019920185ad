"""Money that a door says has come, what was said of it, and what was decided about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from host_stub.persistence.base import STRICT, Base, OfReseller, Searched, only, owned, within_reseller
from host_stub.persistence.types import Blob, Flag, Json


class Arrival(Base, OfReseller, Searched):
    """Money that a door says has come, once. What the door said never changes.

    state, waits, decisions and credited_minor are as the latest decision left them, and change with the next one only.
    """

    __tablename__ = "arrival"
    LOOKED_FOR = ("key", "reference", "order_number", "payer_name")
    __table_args__ = (
        *owned("arrival"),
        within_reseller("method_id", to="payment_method"),
        within_reseller("payment_id", to="payment"),
        UniqueConstraint("reseller_id", "door", "origin", "key"),
        CheckConstraint("door in ('gateway','order','statement')", name="door"),
        CheckConstraint("state in ('open','credited','closed','undone')", name="state"),
        CheckConstraint("state <> 'open' or waits <> ''", name="open"),
        CheckConstraint("credited_minor = 0 or credited_minor >= 0 and credited_minor <= amount_minor", name="parts"),
        Index(None, "payment_id"),
        Index(None, "reseller_id", "order_key"),
        Index(None, "reseller_id", "state", "id"),
        only("ix_arrival_waiting", "reseller_id", "id", where="waits <> ''"),
        only("ix_arrival_waiting_anywhere", "id", where="waits <> ''"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(Text)  # domain.arrivals.Door
    origin: Mapped[str] = mapped_column(Text)  # gateway: `<plugin>:<merchant as signed>`; order: the payment's id
    key: Mapped[str] = mapped_column(Text)  # gateway: its own id of the paid act; order: 1, 2, 3 … of the payment
    method_id: Mapped[int | None]
    payment_id: Mapped[int | None]  # the payment that was named and found; what was credited the decisions say
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    is_test: Mapped[bool] = mapped_column(Flag, default=False)
    reference: Mapped[str] = mapped_column(Text, default="")  # as said
    order_number: Mapped[str] = mapped_column(Text, default="")
    order_key: Mapped[str] = mapped_column(Text, default="")  # `requisites.order_key` of the number
    order_date: Mapped[date | None]
    payer_inn: Mapped[str] = mapped_column(Text, default="")
    payer_name: Mapped[str] = mapped_column(Text, default="")
    day: Mapped[date]  # of the money, as the door says it; else the day on which it was heard of
    details: Mapped[Any] = mapped_column(Json, default=dict)
    received_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)  # domain.arrivals.State
    waits: Mapped[str] = mapped_column(Text)  # why a person has to look: a Reason or a domain.arrivals.Wait; or empty
    decisions: Mapped[int]  # the number of the latest
    credited_minor: Mapped[int]  # the sum of the credits that stand


class ArrivalMessage(Base, OfReseller):
    """A message about an arrival as it came. Only the counter moves."""

    __tablename__ = "arrival_message"
    __table_args__ = (
        *owned("arrival_message"),
        within_reseller("arrival_id", to="arrival"),
        within_reseller("method_id", to="payment_method"),
        within_reseller("payment_id", to="payment"),
        UniqueConstraint("arrival_id", "digest"),
        Index(None, "payment_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    arrival_id: Mapped[int]
    method_id: Mapped[int]
    payment_id: Mapped[int | None]  # the payment that it names, if there was one
    digest: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    is_test: Mapped[bool] = mapped_column(Flag)
    body: Mapped[bytes] = mapped_column(Blob)
    reason: Mapped[str] = mapped_column(Text, default="")  # why it credited nothing, a Reason; empty if it credited
    deliveries: Mapped[int] = mapped_column(default=1)
    received_at: Mapped[datetime]


class ArrivalDecision(Base, OfReseller):
    """What was decided about an arrival, and how that left it. Append-only."""

    __tablename__ = "arrival_decision"
    __table_args__ = (
        *owned("arrival_decision"),
        within_reseller("arrival_id", to="arrival"),
        within_reseller("payment_id", to="payment"),
        within_reseller("account_id", to="account"),
        within_reseller("transaction_id", to="ledger_transaction"),
        within_reseller("other_id", to="arrival"),
        UniqueConstraint("arrival_id", "n"),
        UniqueConstraint("transaction_id"),
        Index(None, "payment_id"),
        Index(None, "other_id"),
        Index(None, "account_id", "amount_minor"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    arrival_id: Mapped[int]
    n: Mapped[int]  # 1, 2, 3 … of the arrival
    kind: Mapped[str] = mapped_column(Text)  # domain.arrivals.Kind
    payment_id: Mapped[int | None]
    account_id: Mapped[int | None]
    transaction_id: Mapped[int | None]  # the movement that carries it out
    other_id: Mapped[int | None]  # the arrival that it is the same as, or may be
    amount_minor: Mapped[int]  # what it moves, signed; zero if it moves nothing
    reason: Mapped[str] = mapped_column(Text, default="")  # a Reason or a domain.arrivals.Wait, or empty
    words: Mapped[str] = mapped_column(Text, default="")  # of who decided
    decided_by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)  # of the arrival, from here on
    waits: Mapped[str] = mapped_column(Text)
    credited_minor: Mapped[int]
