"""Watch a plugin's migrations on SQLite: the database itself asks before each statement, by an authorizer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from billhook.host.sql import statements
from billhook.host.sql.watch import ENDS, READS, Watch

OBJECTS: Final = "select type, name, tbl_name, sql from sqlite_master"

_ROWS: Final = {
    sqlite3.SQLITE_INSERT: "adds rows to",
    sqlite3.SQLITE_UPDATE: "changes rows of",
    sqlite3.SQLITE_DELETE: "deletes rows of",
}
_BY_TABLE: Final = _ROWS | {
    sqlite3.SQLITE_CREATE_TABLE: "creates the table",
    sqlite3.SQLITE_DROP_TABLE: "drops the table",
}
_BY_SECOND: Final = {
    sqlite3.SQLITE_ALTER_TABLE: "alters the table",
    sqlite3.SQLITE_CREATE_INDEX: "creates an index on",
    sqlite3.SQLITE_DROP_INDEX: "drops an index of",
    sqlite3.SQLITE_DROP_TRIGGER: "drops a trigger of",
}
_NEVER: Final = {
    sqlite3.SQLITE_CREATE_TRIGGER: "creates the trigger",
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER: "creates the trigger",
    sqlite3.SQLITE_CREATE_VIEW: "creates the view",
    sqlite3.SQLITE_CREATE_TEMP_VIEW: "creates the view",
    sqlite3.SQLITE_DROP_VIEW: "drops the view",
    sqlite3.SQLITE_CREATE_TEMP_TABLE: "creates the temporary table",
    sqlite3.SQLITE_CREATE_TEMP_INDEX: "creates the temporary index",
    sqlite3.SQLITE_CREATE_VTABLE: "creates the virtual table",
    sqlite3.SQLITE_DROP_VTABLE: "drops the virtual table",
    sqlite3.SQLITE_ATTACH: "attaches a database",
    sqlite3.SQLITE_DETACH: "detaches a database",
}
_ENDING: Final = frozenset({sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT})


@contextmanager
def watched(connection: sa.Connection, watch: Watch) -> Iterator[Callable[[], None]]:
    """The database refuses what the plugin may not do; nothing is left to be asked after a statement."""
    driver: Any = connection.connection.dbapi_connection
    names = (name.lower() for name in sa.inspect(connection).get_table_names())
    others = frozenset(name for name in names if not watch.is_own(name))

    def decide(action: int, first: str | None, second: str | None, database: str | None, *_by: str | None) -> int:
        if action in _ENDING:
            watch.refuse(ENDS, statements.TRANSACTION)
        elif not watch.text:
            watch.refuse_bypass()
        elif action == sqlite3.SQLITE_CREATE_TABLE and database != "main":
            watch.refuse(f"it creates the temporary table {first}")
        elif action == sqlite3.SQLITE_READ and str(first).lower() in others:
            watch.refuse(f"it reads {first}", READS)
        elif why := _refused(action, first or "", second or "", watch):
            watch.refuse(f"it {why}")
        else:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    driver.set_authorizer(decide)
    try:
        yield lambda: None
    finally:
        driver.set_authorizer(None)


def _refused(action: int, first: str, second: str, watch: Watch) -> str:
    """Return what SQLite's question is about if it may not be, else an empty text."""
    if action in _NEVER:
        return f"{_NEVER[action]} {first}".strip()
    if action == sqlite3.SQLITE_PRAGMA:
        return "" if first.lower() in statements.PRAGMAS else f"sets or reads {first}"
    table = first if action in _BY_TABLE else second if action in _BY_SECOND else ""
    if not table or watch.is_own(table.lower()):
        return ""
    # SQLite keeps its own books on tables and numbers; only itself, while it alters tables.
    if table.startswith("sqlite_") and not (action in _ROWS and watch.kind in ("INSERT", "UPDATE", "DELETE", "WITH")):
        return ""
    return f"{(_BY_TABLE | _BY_SECOND)[action]} {table}"
