"""Reflect tables and tell what is wrong with them as tables of a plugin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from billhook.host.tables import ID, LONGEST_NAME, RESELLER, Column, Kind, Table, prefix

Reflected = Mapping[str, sa.Table]


def reflect(connection: sa.Connection, names: Iterable[str]) -> dict[str, sa.Table]:
    """Return the tables of these names as the database has them."""
    return {name: sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False) for name in names}


def shape(table: sa.Table, dialect: str) -> Table:
    """Return a reflected table as the rules of `billhook.host.tables` see it."""
    unique = [
        frozenset(column.name for column in index.columns)
        for index in table.indexes
        # One with a condition or an expression says nothing of all rows.
        if index.unique
        and len(index.columns) == len(index.expressions)
        and index.dialect_kwargs.get(f"{dialect}_where") is None
    ]
    unique += [
        frozenset(column.name for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint)
    ]
    columns = {column.name: _column(column, dialect) for column in table.columns}
    return Table(table.name, columns, frozenset(unique))


def _column(column: sa.Column[Any], dialect: str) -> Column:
    kind, most = _kind(column.type, dialect)
    return Column(
        name=column.name,
        kind=kind,
        required=not column.nullable,
        has_default=column.server_default is not None or column.identity is not None,
        most=most,
    )


def _kind(of: sa.types.TypeEngine[Any], dialect: str) -> tuple[Kind | None, int | None]:
    match of:
        case sa.Enum():
            return None, None
        case sa.Boolean():
            return Kind.SWITCH, None
        case sa.DateTime():
            return Kind.INSTANT, None
        case sa.String():
            return Kind.TEXT, of.length
        case sa.SmallInteger():
            return Kind.NUMBER, 16
        case sa.BigInteger():
            return Kind.NUMBER, 64
        case sa.Integer():
            # SQLite keeps 64 bits in an INTEGER, and a variant of BIGINT is one there.
            return Kind.NUMBER, 64 if dialect == "sqlite" else 32
        case _:
            return None, None


def faults(plugin: str, table: sa.Table, dialect: str) -> Iterator[tuple[str, str]]:
    """Yield what keeps a table from being one of a plugin's, each with the remedy."""
    if len(table.name) > LONGEST_NAME:
        yield f"the name {table.name} has over {LONGEST_NAME} characters", "Shorten it: PostgreSQL cuts it off."
    shaped = shape(table, dialect)
    yield from _columns_of_the_host(table, shaped)
    for column in shaped.columns.values():
        if column.kind is None:
            yield (
                f"{table.name}.{column.name} has the type {table.columns[column.name].type}",
                "Use sa.Text, sa.String, sa.BigInteger, sa.Integer, sa.Boolean or sa.DateTime(timezone=True).",
            )
    for key in table.foreign_key_constraints:
        target = key.elements[0].target_fullname.rpartition(".")[0]
        if not target.startswith(prefix(plugin)):
            yield (
                f"{table.name} refers to {target}, which is not the plugin's",
                "Keep the id in a plain sa.BigInteger column: the host changes its tables without you.",
            )


def _columns_of_the_host(table: sa.Table, shaped: Table) -> Iterator[tuple[str, str]]:
    identity = shaped.columns.get(ID)
    keys = [column.name for column in table.primary_key.columns]
    if identity is None or identity.kind is not Kind.NUMBER or keys != [ID]:
        yield f"{table.name} has no integer primary key `id`", 'Add sa.Column("id", sa.Integer, primary_key=True).'
    # SQLite numbers rows of a column that is declared INTEGER and nothing else.
    elif not identity.has_default and str(table.columns[ID].type) != "INTEGER":
        yield (
            f"{table.name}.id is not numbered by the database",
            'Write sa.Column("id", sa.Integer, primary_key=True): SQLite numbers no other type.',
        )
    owner = shaped.columns.get(RESELLER)
    if owner is None or owner.kind is not Kind.NUMBER or not owner.required:
        yield (
            f"{table.name} has no `reseller_id` that is an integer and never empty",
            'Add sa.Column("reseller_id", sa.BigInteger, nullable=False): the host scopes by it.',
        )
