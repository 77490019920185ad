"""Rows of a plugin's tables, of one reseller alone. Effects and questions were checked by `tables` before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from billhook.events import Discard, Keep, Value
from billhook.host.tables import ID, RESELLER


def keep(connection: sa.Connection, table: sa.Table, reseller_id: int, effect: Keep) -> None:
    """Add the row, or change the one that agrees in the key. Raises what the database does."""
    insert: Any = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    values = {name: _stored(table.columns[name], value) for name, value in effect.values.items()}
    statement = insert.values({**values, RESELLER: reseller_id})
    if effect.key:
        changed = {name: statement.excluded[name] for name in values if name not in effect.key}
        # With nothing to change the row is locked all the same, so that two writers take turns.
        changed = changed or {RESELLER: statement.excluded[RESELLER]}
        statement = statement.on_conflict_do_update(index_elements=[RESELLER, *effect.key], set_=changed)
    connection.execute(statement)


def discard(connection: sa.Connection, table: sa.Table, reseller_id: int, effect: Discard) -> None:
    """Delete the rows that agree."""
    connection.execute(sa.delete(table).where(*_mine(table, reseller_id, effect.where)))


def read(
    connection: sa.Connection,
    table: sa.Table,
    reseller_id: int,
    where: Mapping[str, Value],
    *,
    newest_first: bool,
    limit: int,
    before_id: int | None,
) -> list[Mapping[str, Value]]:
    """Return rows as `billhook.Reader.rows` says."""
    shown = [column for column in table.columns if column.name != RESELLER]
    number = table.columns[ID]
    query = sa.select(*shown).where(*_mine(table, reseller_id, where))
    # Beyond what the column keeps, which a driver refuses to compare, every row is smaller.
    if before_id is not None and before_id <= _largest(number):
        query = query.where(number < before_id)
    query = query.order_by(number.desc() if newest_first else number).limit(limit)
    return [{name: _shown(value) for name, value in row.items()} for row in connection.execute(query).mappings()]


def _largest(column: sa.Column[Any]) -> int:
    return 2**63 - 1 if isinstance(column.type, sa.BigInteger) else 2**31 - 1


def _mine(table: sa.Table, reseller_id: int, where: Mapping[str, Value]) -> Sequence[sa.ColumnElement[bool]]:
    agrees = [
        column.is_(None) if value is None else column == _stored(column, value)
        for column, value in ((table.columns[name], value) for name, value in where.items())
    ]
    return [table.columns[RESELLER] == reseller_id, *agrees]


def _stored(column: sa.Column[Any], value: Value) -> Value:
    """Return an instant in UTC, aware only where the column keeps a zone."""
    if not isinstance(value, datetime):
        return value
    utc = value.astimezone(UTC)
    return utc if getattr(column.type, "timezone", False) else utc.replace(tzinfo=None)


def _shown(value: Any) -> Value:
    if not isinstance(value, datetime):
        shown: Value = value
        return shown
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
