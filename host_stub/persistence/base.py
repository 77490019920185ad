"""The declarative base, and the two shapes of a row: of the installation, or of one reseller."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKeyConstraint, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from host_stub.persistence.types import Day, Instant, Int64

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

STRICT: dict[str, Any] = {"sqlite_strict": True}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: Int64, datetime: Instant(), date: Day()}


class OfReseller:
    """A row that belongs to one reseller. Sessions with a scope see and write only theirs (`store.py`)."""

    reseller_id: Mapped[int] = mapped_column(index=False)


class OfOperator:
    """A row of the whole installation: sessions of one reseller see it and never write it (`store.py`)."""


def within_reseller(*columns: str, to: str, deferrable: bool = False) -> ForeignKeyConstraint:
    """Return a composite foreign key (reseller_id, column) → (reseller_id, id): no row points across tenants."""
    (column,) = columns
    return ForeignKeyConstraint(
        ["reseller_id", column],
        [f"{to}.reseller_id", f"{to}.id"],
        deferrable=True if deferrable else None,
        initially="DEFERRED" if deferrable else None,
    )


def owned(table: str) -> tuple[UniqueConstraint, ForeignKeyConstraint]:
    """Return what every table of tenant rows carries: the target of composite keys, and the key to its reseller."""
    return UniqueConstraint("reseller_id", "id"), ForeignKeyConstraint(["reseller_id"], ["reseller.id"])
