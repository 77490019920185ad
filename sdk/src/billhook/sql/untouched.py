"""What a plugin's migrations must leave alone: everything but tables of its own. Watched while they run.

On SQLite the database itself asks before each statement (an authorizer); PostgreSQL tells afterwards which objects and
rows changed, inside the same transaction. On both, a migration can't end the transaction.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from billhook.tables import prefix

_ENDS: Final = re.compile(
    r"(?:\A|;)\s*(commit|rollback|abort|start\s+transaction|vacuum)\b|\A\s*(begin|end)\b", re.IGNORECASE
)
#: Switches of the connection that guard the ledger.
_GUARDS: Final = frozenset({"foreign_keys", "query_only", "recursive_triggers", "writable_schema", "trusted_schema"})
_SQLITE_OBJECTS: Final = "select type, name, tbl_name, sql from sqlite_master"
_POSTGRESQL_OBJECTS: Final = """
    with ours as (select oid from pg_namespace where nspname = current_schema())
    select case when c.relkind in ('r', 'p') then 'table' else 'view' end, c.relname, c.relname,
        concat_ws(':', c.relkind::text, c.relfilenode, c.relrowsecurity)
      from pg_class c where c.relnamespace in (select oid from ours) and c.relkind not in ('i', 'I', 'S', 't')
    union all select 'column', c.relname || '.' || a.attname, c.relname,
        concat_ws(':', a.atttypid, a.atttypmod, a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where c.relnamespace in (select oid from ours) and c.relkind in ('r', 'p', 'v')
        and a.attnum > 0 and not a.attisdropped
    union all select 'constraint', o.conname, c.relname, pg_get_constraintdef(o.oid)
      from pg_constraint o join pg_class c on c.oid = o.conrelid where o.connamespace in (select oid from ours)
    union all select 'index', i.relname, c.relname, pg_get_indexdef(i.oid)
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
      where c.relnamespace in (select oid from ours)
    union all select 'trigger', t.tgname, c.relname, concat_ws(':', t.tgenabled::text, pg_get_triggerdef(t.oid))
      from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where not t.tgisinternal and c.relnamespace in (select oid from ours)
    union all select 'function', p.proname, '', p.prosrc from pg_proc p where p.pronamespace in (select oid from ours)
    union all select 'type', t.typname, '', t.typtype::text
      from pg_type t where t.typnamespace in (select oid from ours) and t.typtype in ('d', 'e')
"""
_POSTGRESQL_ROWS: Final = "select relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_xact_user_tables"

#: What plugins may not have even on tables of their own: it would run on its own, outside the plugin's guard.
_NEVER: Final = frozenset({"trigger", "view"})


class Touched(Exception):
    """A migration reached beyond the plugin's own tables; the text says for what."""


@contextmanager
def watched(connection: sa.Connection, plugin: str) -> Iterator[None]:
    """Let a plugin's migrations run on this connection, in the caller's transaction.

    Raises Touched, at the statement or at the end; the caller rolls back.
    """
    is_own = _own(plugin)
    before = _others(connection, is_own)
    rows = _written(connection, is_own)
    with _transaction_kept(connection), _asked(connection, is_own):
        yield
    changed = sorted({_words(*thing) for thing in before ^ _others(connection, is_own)})
    if changed:
        raise Touched(f"it created, changed or dropped {', '.join(changed[:3])}")
    written = sorted(name for name, count in _written(connection, is_own).items() if count != rows.get(name, 0))
    if written:
        raise Touched(f"it changed rows of {', '.join(written[:3])}")


def _words(kind: str, name: str, table: str, _text: str) -> str:
    return f"{kind} {name}" if table in ("", name) else f"{kind} {name} of {table}"


def _own(plugin: str) -> Callable[[str], bool]:
    begins = prefix(plugin)
    return lambda table: table.removeprefix("_alembic_tmp_").startswith(begins)


def _others(connection: sa.Connection, is_own: Callable[[str], bool]) -> frozenset[tuple[Any, ...]]:
    """Return everything in the schema that is not a table of the plugin's or a part of one."""
    query = _SQLITE_OBJECTS if connection.dialect.name == "sqlite" else _POSTGRESQL_OBJECTS
    return frozenset(
        tuple(row)
        for row in connection.exec_driver_sql(query)
        if (row[0] in _NEVER or not is_own(row[2]) or row[2].startswith("_alembic_tmp_"))
        and not row[1].startswith("sqlite_")
    )


def _written(connection: sa.Connection, is_own: Callable[[str], bool]) -> dict[str, int]:
    if connection.dialect.name == "sqlite":
        return {}  # asked before each statement
    return {name: count for name, count in connection.exec_driver_sql(_POSTGRESQL_ROWS) if not is_own(name)}


@contextmanager
def _transaction_kept(connection: sa.Connection) -> Iterator[None]:
    def statement(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        if found := _ENDS.search(text):
            raise Touched(f"it says {(found[1] or found[2]).upper()}: the host begins and ends the transaction")

    def ending(_connection: object) -> None:
        raise Touched("it ends the transaction, which is the host's to end")

    listeners = (("before_cursor_execute", statement), ("commit", ending), ("rollback", ending))
    for name, listener in listeners:
        sa.event.listen(connection, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            sa.event.remove(connection, name, listener)


@contextmanager
def _asked(connection: sa.Connection, is_own: Callable[[str], bool]) -> Iterator[None]:
    """On SQLite, let the database refuse what the plugin may not do, and say what that was."""
    if connection.dialect.name != "sqlite":
        yield
        return
    refused: list[str] = []

    def decide(action: int, first: str | None, second: str | None, *_where: str | None) -> int:
        why = _refused(action, first or "", second or "", is_own)
        if why:
            refused.append(why)
        return sqlite3.SQLITE_DENY if why else sqlite3.SQLITE_OK

    driver: Any = connection.connection.dbapi_connection
    driver.set_authorizer(decide)
    try:
        yield
    except sa.exc.DatabaseError as error:
        if refused:
            raise Touched(f"it {refused[-1]}") from error
        raise
    finally:
        driver.set_authorizer(None)
    if refused:  # it went on after the refusal: nothing of it is believed
        raise Touched(f"it {refused[-1]}")


_BY_TABLE: Final = {
    sqlite3.SQLITE_INSERT: "adds rows to",
    sqlite3.SQLITE_UPDATE: "changes rows of",
    sqlite3.SQLITE_DELETE: "deletes rows of",
    sqlite3.SQLITE_CREATE_TABLE: "creates the table",
    sqlite3.SQLITE_DROP_TABLE: "drops the table",
}
_BY_SECOND: Final = {
    sqlite3.SQLITE_ALTER_TABLE: "alters the table",
    sqlite3.SQLITE_CREATE_INDEX: "creates an index on",
    sqlite3.SQLITE_DROP_INDEX: "drops an index of",
    sqlite3.SQLITE_DROP_TRIGGER: "drops a trigger of",
}
_NEVER_DONE: Final = {
    sqlite3.SQLITE_CREATE_TRIGGER: "creates the trigger",
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER: "creates the trigger",
    sqlite3.SQLITE_CREATE_VIEW: "creates the view",
    sqlite3.SQLITE_DROP_VIEW: "drops the view",
    sqlite3.SQLITE_ATTACH: "attaches a database",
}


def _refused(action: int, first: str, second: str, is_own: Callable[[str], bool]) -> str:
    """Return what SQLite's question is about if it may not be, else an empty text."""
    table = first if action in _BY_TABLE else second if action in _BY_SECOND else ""
    if table and not is_own(table) and not table.startswith("sqlite_"):
        return f"{(_BY_TABLE | _BY_SECOND)[action]} {table}"
    if action in _NEVER_DONE:
        return f"{_NEVER_DONE[action]} {first}".strip()
    if action == sqlite3.SQLITE_PRAGMA and second and first.lower() in _GUARDS:
        return f"switches {first}"
    return ""
