"""What SQLite's planner is told about the tables, so that a plan fits a large panel and does not change with its size.

Without figures SQLite takes every index for equally good, and then walks all rows of a reseller to find the ten of one
account. Figures of a small database, as ANALYZE takes them, mislead it as much later on. These are those of a large
panel; PostgreSQL keeps its own and needs none. Source: https://www.sqlite.org/queryplanner-ng.html, "Checklist For
Avoiding Or Fixing Query Planner Problems".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from host_stub.persistence.base import Base

ROWS: Final = 1_000_000
#: In how many parts a column's values cut a table.
_VALUES: Final = {
    "id": ROWS,
    "reseller_id": 10,
    "status": 4,
    "type": 3,
    "state": 4,
    "door": 2,
    "origin": 20,
    "object_kind": 8,
    "method_id": 20,
    "plan_id": 100,
    "account_id": ROWS // 10,
    "subscription_id": ROWS // 20,
    "user_id": ROWS // 10,
}
_ANY_OTHER: Final = ROWS // 4
#: What waits or went wrong: rows of an index over some rows only.
_PARTIAL_ROWS: Final = 1000


def tell(connection: Connection) -> None:
    """Write the figures of the host's tables; after every migration, since indices come and go."""
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("PRAGMA analysis_limit=1")
    connection.exec_driver_sql("ANALYZE")  # makes the table that holds them
    for table in Base.metadata.tables:
        connection.execute(text("delete from sqlite_stat1 where tbl = :table"), {"table": table})
        for name, columns, partial in _indices(connection, table):
            values = {"table": table, "name": name, "figures": figures(columns, partial=partial)}
            connection.execute(
                text("insert into sqlite_stat1 (tbl, idx, stat) values (:table, :name, :figures)"), values
            )


def _indices(connection: Connection, table: str) -> list[tuple[str, list[str], bool]]:
    found = connection.exec_driver_sql(f'PRAGMA index_list("{table}")').all()
    return [(row[1], _columns(connection, row[1]), bool(row[4])) for row in found]


def _columns(connection: Connection, index: str) -> list[str]:
    return [row[2] or "" for row in connection.exec_driver_sql(f'PRAGMA index_info("{index}")')]


def figures(columns: Sequence[str], *, partial: bool = False) -> str:
    """Return an index's figures as SQLite keeps them: its rows, then how many share the first column, the first two."""
    left = _PARTIAL_ROWS if partial else ROWS
    shared = [left]
    for column in columns:
        left = max(left // _VALUES.get(column, _ANY_OTHER), 1)
        shared.append(left)
    return " ".join(map(str, shared))
