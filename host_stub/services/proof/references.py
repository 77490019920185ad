"""The promise that foreign keys make, asked of the rows: a key that is gone or was off promises nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, ForeignKeyConstraint, Select, Table, and_, func, select

from host_stub.persistence import Base
from host_stub.services.proof.check import Check, Surroundings, Walk


class References(Check):
    """Every foreign key of every table of the panel, one statement each."""

    __slots__ = ()

    def look(self, connection: Connection, around: Surroundings) -> Iterator[tuple[int, Iterator[str]]]:
        del around
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
            for key in sorted(table.foreign_key_constraints, key=lambda each: each.column_keys):
                yield 0, self._pointless(connection, table, key)
            yield rows, iter(())

    def _pointless(self, connection: Connection, table: Table, key: ForeignKeyConstraint) -> Iterator[str]:
        streamed = connection.execution_options(stream_results=True, max_row_buffer=1000)
        for row in streamed.execute(_without_target(table, key)):
            at, to = row[: len(table.primary_key.columns)], row[len(table.primary_key.columns) :]
            yield self.told.format(table=table.name, row=_words(at), target=key.referred_table.name, id=_words(to))


def _without_target(table: Table, key: ForeignKeyConstraint) -> Select[Any]:
    target = key.referred_table.alias("target")
    pairs = [(each.parent, target.c[each.column.name]) for each in key.elements]
    columns = [column for column, _wanted in pairs]
    return (
        select(*table.primary_key.columns, *columns)
        .select_from(table.outerjoin(target, and_(*(column == wanted for column, wanted in pairs))))
        .where(*(column.is_not(None) for column in columns), pairs[-1][1].is_(None))
    )


def _words(values: Any) -> str:
    return ", ".join(str(value) for value in values)


REFERENCES: Final = References(
    "references",
    "Every row that points to another points to one that is there, of the same reseller.",
    Walk("every table"),
    "the foreign keys of all tables",
    "{table} {row}: there is no {target} {id}",
)
