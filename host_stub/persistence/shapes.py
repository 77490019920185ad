"""What the tables themselves promise, columns, keys and checks, as the models say it and as a database has it.

Both sides are told in the same words, one line a promise: what only one of them says is a fault, whichever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Connection,
    Dialect,
    ForeignKeyConstraint,
    Inspector,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
    text,
)

from host_stub.persistence.base import Base

_STRICT: Final = "values of the column's type only"
_NOT_STRICT: Final = text("select name from pragma_table_list where schema = 'main' and not strict")
#: A key or check that is there and does not hold for every row.
_HALF_MADE: Final = text(
    "select c.relname as table, k.conname as name, 'was never compared with the rows' as why "
    "from pg_constraint k join pg_class c on c.oid = k.conrelid "
    "where c.relnamespace = current_schema()::regnamespace and not k.convalidated "
    "union all select c.relname, i.indexrelid::regclass::text, 'was never built to its end' "
    "from pg_index i join pg_class c on c.oid = i.indrelid "
    "where c.relnamespace = current_schema()::regnamespace and not (i.indisvalid and i.indisready and i.indislive) "
    "union all select c.relname, c.relname, 'is no lasting table of its own' from pg_class c "
    "where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f') "
    "and (c.relkind <> 'r' or c.relpersistence <> 'p' or exists (select 1 from pg_inherits h "
    "where h.inhparent = c.oid or h.inhrelid = c.oid))"
)


def faults(connection: Connection) -> list[str]:
    """Return how the tables differ from the models, each difference in words; empty when they agree."""
    wanted = {table.name: set(_wanted(table, connection.dialect)) for table in Base.metadata.sorted_tables}
    found = _found(connection, wanted)
    told = [f"table {name} is missing" for name in wanted if name not in found]
    for name in sorted(wanted.keys() & found.keys()):
        told += [f"{name} lacks: {promise}" for promise in sorted(wanted[name] - found[name])]
        told += [f"{name} has, and the panel never made: {promise}" for promise in sorted(found[name] - wanted[name])]
    if connection.dialect.name == "postgresql":
        rows = connection.execute(_HALF_MADE).mappings()
        told += [f"{row['table']}: {row['name']} {row['why']}" for row in rows if row["table"] in wanted]
    return told


def _wanted(table: Table, dialect: Dialect) -> Iterator[str]:
    for column in table.columns:
        yield _column(column.name, column.type, column.nullable, dialect)
    for constraint in table.constraints:
        match constraint:
            case PrimaryKeyConstraint():
                yield _key("primary key", constraint.columns.keys())
            case UniqueConstraint():
                yield _key("unique", constraint.columns.keys())
            case ForeignKeyConstraint():
                target = [element.column.name for element in constraint.elements]
                options = {"deferrable": constraint.deferrable, "initially": constraint.initially}
                yield _foreign(constraint.column_keys, constraint.referred_table.name, target, options)
            case CheckConstraint():
                yield f"check {_comparable(str(constraint.sqltext))}"
    for index in table.indexes:
        if index.unique:
            where = index.dialect_options[dialect.name]["where"]
            yield _key("unique", index.columns.keys(), "" if where is None else str(where))
    if dialect.name == "sqlite":
        yield _STRICT


def _found(connection: Connection, names: Iterable[str]) -> dict[str, set[str]]:
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    found = {name: set(_of_table(inspector, name, connection.dialect)) for name in names if name in there}
    if connection.dialect.name == "sqlite":
        loose = set(connection.execute(_NOT_STRICT).scalars())
        for name in found.keys() - loose:
            found[name].add(_STRICT)
    return found


def _of_table(inspector: Inspector, table: str, dialect: Dialect) -> Iterator[str]:
    for column in inspector.get_columns(table):
        yield _column(column["name"], column["type"], column["nullable"], dialect)
    yield _key("primary key", inspector.get_pk_constraint(table)["constrained_columns"])
    for unique in inspector.get_unique_constraints(table):
        yield _key("unique", unique["column_names"])
    for key in inspector.get_foreign_keys(table):
        yield _foreign(key["constrained_columns"], key["referred_table"], key["referred_columns"], key["options"])
    for check in inspector.get_check_constraints(table):
        yield f"check {_comparable(check['sqltext'])}"
    for index in inspector.get_indexes(table):
        # The index that a unique constraint is made of was told with it.
        if index["unique"] and not index.get("duplicates_constraint"):
            where = index.get("dialect_options", {}).get(f"{dialect.name}_where", "")
            yield _key("unique", [str(name) for name in index["column_names"]], str(where))


def _column(name: str, kind: Any, nullable: bool | None, dialect: Dialect) -> str:
    written = kind.compile(dialect=dialect).lower()
    return f"column {name}, {written}, {'may be' if nullable else 'never'} null"


def _key(what: str, columns: Iterable[str], where: str = "") -> str:
    only = f" where {_comparable(where)}" if where else ""
    return f"{what} ({', '.join(columns)}){only}"


def _foreign(columns: Iterable[str], to: str, target: Iterable[str], options: Mapping[str, Any]) -> str:
    said = " ".join(f"{name} {str(value).lower()}" for name, value in sorted(options.items()) if value)
    return f"foreign key ({', '.join(columns)}) to {to} ({', '.join(target)}) {said}".strip()


def _comparable(condition: str) -> str:
    """Return a condition as one writing of all that mean the same: PostgreSQL prints its own, with casts and brackets.

    Brackets are left out: no condition of ours means another thing with others.
    """
    parts = re.split(r"('[^']*')", condition)
    for number in range(0, len(parts), 2):
        plain = re.sub(r"::\w+(\[\])?", "", parts[number].lower())
        plain = re.sub(r"=\s*any\s*\(+array\[", " in ", plain)
        parts[number] = re.sub(r"\s+", " ", re.sub(r"[()\[\]]", " ", plain).replace(",", ", "))
    return re.sub(r"\s+", " ", re.sub(r"\s*,\s*", ", ", "".join(parts))).strip()
