"""What the processes of an installation count together, and how each of them stands: for `/metrics`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from host_stub.persistence.base import STRICT, Base
from host_stub.persistence.types import Json


class MetricCount(Base):
    """A number that only grows: every process adds what it counted since it last did."""

    __tablename__ = "metric_count"
    __table_args__ = (PrimaryKeyConstraint("name", "labels"), STRICT)

    name: Mapped[str] = mapped_column(Text)
    labels: Mapped[str] = mapped_column(Text)  # JSON list of texts; what each means is the name's affair
    value: Mapped[int]


class ProcessReport(Base):
    """What one running process last said of its plugins."""

    __tablename__ = "process_report"
    __table_args__ = (STRICT,)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # web, worker
    reported_at: Mapped[datetime]
    plugins: Mapped[Any] = mapped_column(Json)


class Proof(Base):
    """A proof of the books that was begun, with what its checks found so far."""

    __tablename__ = "proof"
    __table_args__ = (UniqueConstraint("night"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    night: Mapped[date | None]  # which the worker made it for, at most one each; none: asked for by hand
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]  # the lease of whoever makes the next check
    checks: Mapped[Any] = mapped_column(Json)  # list of {name, rows, found, shown, seconds}
