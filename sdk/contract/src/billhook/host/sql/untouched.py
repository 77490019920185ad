"""What a plugin's migrations must leave alone: everything but tables of its own. Watched while they run.

Three watches, one behind the other. A statement's words say whether its kind may be at all (`statements`). The database
says what it reached: SQLite asks before each statement, PostgreSQL tells by its locks after each. In the end everything
that is not the plugin's must be as it was, and the transaction the same that the host began.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from billhook.host.sql import on_postgresql, on_sqlite, statements
from billhook.host.sql.watch import ENDS, Touched, Watch, replaced
from billhook.host.tables import prefix

__all__ = ["Touched", "watched"]

#: What plugins may not have even on tables of their own: it would run on its own, outside the plugin's guard.
_NEVER: Final = frozenset({"trigger", "view", "rule"})
_LOST: Final = "it ended the transaction behind the host's back, so what it did until then may stay"
_LOST_REMEDY: Final = "Restore the backup from before it, and install a version of the plugin that leaves it alone."


@contextmanager
def watched(connection: sa.Connection, plugin: str) -> Iterator[None]:
    """Run a plugin's migrations on this connection, in the caller's transaction.

    Raises Touched, at the statement or at the end, also if the migration caught it; the caller rolls back.
    """
    dialect = connection.dialect.name
    database = on_sqlite if dialect == "sqlite" else on_postgresql
    watch = Watch(dialect, _own(plugin))
    before = _others(connection, database.OBJECTS, watch.is_own)
    # A savepoint is gone with its transaction, on both databases.
    driver, mark = connection.connection.dbapi_connection, f"billhook_{secrets.token_hex(8)}"
    connection.exec_driver_sql(f"savepoint {mark}")
    try:
        with database.watched(connection, watch) as look, _heard(connection, watch, look):
            yield
            look()
    except BaseException as error:
        _same_transaction(connection, driver, f"rollback to savepoint {mark}")
        if watch.refused:
            raise watch.refused from error
        raise
    _same_transaction(connection, driver, f"release savepoint {mark}")
    if watch.refused:
        raise watch.refused
    changed = sorted({_words(*thing) for thing in before ^ _others(connection, database.OBJECTS, watch.is_own)})
    if changed:
        raise Touched(f"it created, changed or dropped {', '.join(changed[:3])}")


def _same_transaction(connection: sa.Connection, driver: Any, statement: str) -> None:
    """Release the savepoint, or raise Touched."""
    try:  # past SQLAlchemy, which takes a refused commit for the end of the transaction
        driver.cursor().execute(statement)
    except connection.dialect.loaded_dbapi.Error as error:
        if connection.dialect.is_disconnect(error, driver, None):  # and so rolled back
            raise Touched(ENDS, statements.TRANSACTION) from error
        raise Touched(_LOST, _LOST_REMEDY) from error


def _words(kind: str, name: str, table: str, _text: str) -> str:
    return f"{kind} {name}" if table in ("", name) else f"{kind} {name} of {table}"


def _own(plugin: str) -> Callable[[str], bool]:
    begins = prefix(plugin)
    return lambda table: table.removeprefix("_alembic_tmp_").startswith(begins)


def _others(connection: sa.Connection, query: str, is_own: Callable[[str], bool]) -> frozenset[tuple[Any, ...]]:
    """Return everything in the schema that is not a table of the plugin's or a part of one."""
    return frozenset(
        tuple(row)
        for row in connection.exec_driver_sql(query)
        if (row[0] in _NEVER or not is_own(row[2]) or row[2].startswith("_alembic_tmp_"))
        and not row[1].startswith("sqlite_")
    )


@contextmanager
def _heard(connection: sa.Connection, watch: Watch, look: Callable[[], None]) -> Iterator[None]:
    """Hear what goes through SQLAlchemy, and refuse a second connection, which would not be in the transaction."""

    def before(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        watch.begin(text)

    def after(*_arguments: object) -> None:
        look()
        watch.end()

    def failed(_context: object) -> None:
        watch.end()

    listeners: tuple[tuple[str, Callable[..., None]], ...] = (
        ("before_cursor_execute", before),
        ("after_cursor_execute", after),
        ("commit", watch.refuse_end),
        ("rollback", watch.refuse_end),
    )
    for name, listener in listeners:
        sa.event.listen(connection, name, listener)
    sa.event.listen(connection.engine, "handle_error", failed)
    try:
        with replaced(connection.engine, raw_connection=_no_other(connection.engine, watch)):
            yield
    finally:
        for name, listener in listeners:
            sa.event.remove(connection, name, listener)
        sa.event.remove(connection.engine, "handle_error", failed)


def _no_other(engine: sa.Engine, watch: Watch) -> Callable[[], Any]:
    thread, ordinary = threading.get_ident(), engine.raw_connection

    def connect() -> Any:
        if threading.get_ident() == thread:
            raise watch.refuse("it opens a connection of its own", "Use op.get_bind(): it is in the transaction.")
        return ordinary()

    return connect
