"""The declarative base, and the two shapes of a row: of the installation, or of one reseller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKeyConstraint, Index, MetaData, Table, Text, UniqueConstraint, event, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from host_stub.domain.folding import fold_all
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


def table_of(kind: type[Base]) -> Table:
    """Return a row's table, for statements made once that go past the session: nothing is flushed before them."""
    table = kind.__table__
    assert isinstance(table, Table)
    return table


class Searched:
    """A row that people look for: `folded` holds its words as `domain.folding.fold` leaves them.

    Written by the host with the row, so that both databases find the same. A Core insert sets it by `folded_of`.
    """

    LOOKED_FOR: ClassVar[tuple[str, ...]]  # columns whose words count

    folded: Mapped[str] = mapped_column(Text, default="", server_default="")

    @classmethod
    def folded_of(cls, values: Mapping[str, Any]) -> str:
        return fold_all(each for name in cls.LOOKED_FOR for each in _texts(values.get(name)))


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a column's value; of JSON the values, not the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)


@event.listens_for(Searched, "before_insert", propagate=True)
@event.listens_for(Searched, "before_update", propagate=True)
def _fold(_mapper: Any, _connection: Any, row: Searched) -> None:
    folded = row.folded_of({name: getattr(row, name) for name in row.LOOKED_FOR})
    if folded != row.folded:
        row.folded = folded


def only(name: str, *columns: str, where: str) -> Index:
    """Return an index over the rows that meet a condition of constants; queries name it in the same words."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


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
