"""The promise that foreign keys make, asked of the rows: a key that is gone or was off promises nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    ForeignKeyConstraint,
    FromClause,
    Select,
    Table,
    and_,
    false,
    func,
    or_,
    select,
)

from host_stub.persistence import Base
from host_stub.services.books.proof.check import STREAMED, Check, Surroundings, Walk


@dataclass(frozen=True, slots=True)
class _Pointing:
    """A table, its keys to others, and the statement for its rows of which a target is missing.

    The statement selects the primary key, then for each foreign key its columns and whether the target is missing.
    """

    table: Table
    keys: Sequence[ForeignKeyConstraint]
    statement: Select[Any]


class References(Check):
    """Every foreign key of every table of the panel, one statement a table."""

    __slots__ = ()

    def look(self, connection: Connection, around: Surroundings) -> Iterator[tuple[int, Iterator[str]]]:
        del around
        for each in _all():
            rows = connection.execute(select(func.count()).select_from(each.table)).scalar_one()
            yield rows, self._pointless(connection, each)

    def _pointless(self, connection: Connection, each: _Pointing) -> Iterator[str]:
        for row in connection.execute(each.statement, execution_options=STREAMED):
            values = list(row)
            name = _taken(values, len(each.table.primary_key.columns))
            for key in each.keys:
                target, missing = _taken(values, len(key.elements)), values.pop(0)
                if missing:
                    yield self.told.format(table=each.table.name, row=name, target=key.referred_table.name, id=target)


def _taken(values: list[Any], count: int) -> str:
    taken, values[:count] = values[:count], []
    return ", ".join(map(str, taken))


@cache
def _all() -> tuple[_Pointing, ...]:
    tables = [table for table in Base.metadata.sorted_tables if table.foreign_key_constraints]
    return tuple(_pointing(table) for table in tables)


def _pointing(table: Table) -> _Pointing:
    keys = sorted(table.foreign_key_constraints, key=lambda each: list(each.column_keys))
    source: FromClause = table
    columns: list[Any] = list(table.primary_key.columns)
    wrong = []
    for number, key in enumerate(keys):
        target = key.referred_table.alias(f"target_{number}")
        pairs = [(each.parent, target.c[each.column.name]) for each in key.elements]
        source = source.outerjoin(target, and_(*(column == wanted for column, wanted in pairs)))
        missing = and_(*(column.is_not(None) for column, _wanted in pairs), pairs[-1][1].is_(None))
        columns += [*(column for column, _wanted in pairs), missing]
        wrong.append(missing)
    # The same column stands in several keys; each stands where the reader of the row expects it.
    labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
    return _Pointing(table, keys, select(*labelled).select_from(source).where(or_(false(), *wrong)))


REFERENCES: Final = References(
    "references",
    "Every row that points to another points to one that is there, of the same reseller.",
    Walk("every table"),
    "the foreign keys of all tables",
    "{table} {row}: there is no {target} {id}",
)
