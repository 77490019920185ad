"""Tables of a plugin's own, as data: what a column may be, and what may be kept in it. Rules that every host applies.

Nothing here touches a database; `billhook.host.sql` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from billhook.events import Discard, Keep
from billhook.i18n import is_storable

#: Columns that every table has and that the host fills in.
ID: Final = "id"
RESELLER: Final = "reseller_id"
#: The most rows that one question returns.
MOST_ROWS: Final = 1000
#: What PostgreSQL keeps of a name.
LONGEST_NAME: Final = 63


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "whole number"
    SWITCH = "bool"
    INSTANT = "aware datetime"


_TYPES: Final[Mapping[Kind, type]] = {
    Kind.TEXT: str,
    Kind.NUMBER: int,
    Kind.SWITCH: bool,
    Kind.INSTANT: datetime,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the database has it.

    kind: None for a type that plugins can't write. required: it takes no None. has_default: it may be left out.
    most: for TEXT the number of characters, for NUMBER the number of bits; None for no limit.
    """

    name: str
    kind: Kind | None
    required: bool = False
    has_default: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the database has it. unique: the columns of each unique constraint or index."""

    name: str
    columns: Mapping[str, Column]
    unique: frozenset[frozenset[str]] = frozenset()


#: The tables of one plugin by name.
Tables = Mapping[str, Table]


def prefix(plugin: str) -> str:
    """Return what the names of a plugin's tables begin with."""
    return f"{plugin}_"


def version_table(plugin: str) -> str:
    """Return the table that says which migration a plugin's tables are at."""
    return f"{plugin}_alembic_version"


def check_effect(effect: Keep | Discard, tables: Callable[[], Tables]) -> None:
    """Raise TypeError, with what to change, for an effect that does not fit the plugin's tables.

    tables: asked once the effect has the shape of one.
    """
    if not isinstance(effect.table, str):
        raise TypeError(f"{type(effect).__name__} names its table by {type(effect.table).__name__}, not by a text")
    table = find(tables(), effect.table)
    if isinstance(effect, Keep):
        _check_keep(effect, table)
    elif not effect.where:
        raise TypeError(f"Discard from {table.name} names no column: it would delete every row")
    else:
        check_where(table, effect.where)


def find(tables: Tables, name: str) -> Table:
    """Return a table of the plugin. Raises TypeError."""
    if name not in tables:
        known = ", ".join(sorted(tables)) or "none"
        raise TypeError(f"there is no table {name!r} of its own; its migrations made: {known}")
    return tables[name]


def check_where(table: Table, where: object) -> None:
    """Raise TypeError unless these are columns of the table with values that they can hold."""
    for name, value in _named(table, where).items():
        if name == RESELLER:
            raise TypeError(f"{table.name}.{RESELLER} is the host's to compare: leave it out")
        _check_value(table, _column(table, name), value)


def check_limit(limit: object) -> None:
    """Raise TypeError for a number of rows that a host does not return at once."""
    if not isinstance(limit, int) or not 1 <= limit <= MOST_ROWS:
        raise TypeError(f"limit is {limit!r}, not 1 to {MOST_ROWS} rows: read page by page with before_id")


def check_before(before_id: object) -> None:
    """Raise TypeError for what is no id of a row to read before."""
    if before_id is not None and (not isinstance(before_id, int) or isinstance(before_id, bool) or before_id < 0):
        raise TypeError(f"before_id is {before_id!r}, not the id of a row")


def _check_keep(effect: Keep, table: Table) -> None:
    values = _named(table, effect.values)
    for name, value in values.items():
        if name in (ID, RESELLER):
            raise TypeError(f"{table.name}.{name} is the host's to fill in: leave it out of the values")
        column = _column(table, name)
        if value is None and column.required:
            raise TypeError(f"{table.name}.{name} is required and was given None")
        _check_value(table, column, value)
    _check_complete(table, values)
    if effect.key:
        _check_key(effect.key, values, table)


def _check_complete(table: Table, values: Mapping[str, object]) -> None:
    needed = {
        name
        for name, column in table.columns.items()
        if column.required and not column.has_default and name not in (ID, RESELLER)
    }
    # Needed even for a change: the row that it changes may not be there yet.
    if missing := sorted(needed - set(values)):
        raise TypeError(f"{table.name}.{missing[0]} is required and was not given")


def _check_key(key: object, values: Mapping[str, object], table: Table) -> None:
    if not isinstance(key, Sequence) or isinstance(key, str) or not all(isinstance(name, str) for name in key):
        raise TypeError(f"the key of a Keep in {table.name} is {key!r}, not a tuple of columns")
    for name in key:
        if values.get(name) is None:
            raise TypeError(f"the key of a Keep in {table.name} names {name!r}, for which there is no value")
    if frozenset((RESELLER, *key)) not in table.unique:
        columns = ", ".join(f'"{name}"' for name in (RESELLER, *key))
        raise TypeError(f"{table.name} has no unique constraint for the key: add sa.UniqueConstraint({columns})")


def _named(table: Table, values: object) -> Mapping[str, object]:
    if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
        raise TypeError(f"the columns for {table.name} are no mapping of names to values")
    return values


def _column(table: Table, name: str) -> Column:
    if name not in table.columns:
        raise TypeError(f"{table.name} has no column {name!r}")
    return table.columns[name]


def _check_value(table: Table, column: Column, value: object) -> None:
    if value is None:
        return
    where = f"{table.name}.{column.name}"
    wanted = _TYPES.get(column.kind) if column.kind else None
    # True is an int for Python and not for PostgreSQL.
    if wanted is None or not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise TypeError(f"{where} holds {column.kind or 'nothing that a plugin writes'}, not {type(value).__name__}")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError(f"{where} was given an instant without a time zone")
    if isinstance(value, str):
        _check_text(where, value, column.most)
    elif isinstance(value, int) and not isinstance(value, bool):
        bound = 1 << ((column.most or 64) - 1)
        if not -bound <= value < bound:
            raise TypeError(f"{where} holds {column.most or 64} bits, which {value} does not fit")


def _check_text(where: str, value: str, most: int | None) -> None:
    if not is_storable(value):
        raise TypeError(f"{where} was given a text with NUL or half a character, which no database keeps")
    if most is not None and len(value) > most:
        raise TypeError(f"{where} holds {most} characters and was given {len(value)}")
