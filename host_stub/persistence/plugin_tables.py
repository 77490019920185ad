"""Tables of plugins' own: rows within one reseller, migrations in one transaction each, and who owns which table.

The one place where plugins' rows are scoped: whoever reads or writes them passes the reseller to `OwnTables`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from billhook import Discard, Keep, Value
from billhook.errors import MigrationFailed
from billhook.host import tables
from billhook.host.history import Migration, Standing, standing
from billhook.host.sql import migrating, rows, shapes
from billhook.host.sql.migrating import current_revision
from billhook.host.tables import Tables
from sqlalchemy.orm import Session

from host_stub.persistence.messages import PluginTable
from host_stub.persistence.store import Store, make_engine


@dataclass(frozen=True, slots=True)
class _Known:
    """Tables as they were reflected at a revision."""

    revision: str | None
    reflected: Mapping[str, sa.Table]
    shapes: Tables


#: By database and plugin. Reflecting costs some ten queries; a revision costs one.
_KNOWN: Final[WeakKeyDictionary[sa.Pool, dict[str, _Known]]] = WeakKeyDictionary()
_TURN: Final = threading.Lock()


class OwnTables:
    """One plugin's tables in a unit of work, the rows of one reseller."""

    def __init__(self, session: Session, plugin: str, reseller_id: int) -> None:
        self._connection = session.connection()
        self._plugin = plugin
        self._reseller_id = reseller_id

    def shapes(self) -> Tables:
        """Return the tables as the plugin's migrations made them; empty if there are none."""
        return self._known().shapes

    def write(self, effect: Keep | Discard) -> None:
        """Write an effect. Raises TypeError if it does not fit the tables, and what the database does."""
        tables.check_effect(effect, self.shapes)
        table = self._known().reflected[effect.table]
        write = rows.keep if isinstance(effect, Keep) else rows.discard
        write(self._connection, table, self._reseller_id, effect)  # type: ignore[arg-type]

    def rows(
        self,
        name: str,
        where: Mapping[str, Value] | None = None,
        *,
        newest_first: bool = False,
        limit: int = 100,
        before_id: int | None = None,
    ) -> list[Mapping[str, Value]]:
        """Return rows as `billhook.Reader.rows` does. Raises TypeError."""
        tables.check_where(tables.find(self.shapes(), name), where or {})
        tables.check_limit(limit)
        tables.check_before(before_id)
        table = self._known().reflected[name]
        page = {"newest_first": newest_first, "limit": limit, "before_id": before_id}
        return rows.read(self._connection, table, self._reseller_id, where or {}, **page)  # type: ignore[arg-type]

    def _known(self) -> _Known:
        revision = current_revision(self._connection, self._plugin)
        with _TURN:
            of_database = _KNOWN.setdefault(self._connection.engine.pool, {})
        known = of_database.get(self._plugin)
        if known is None or known.revision != revision:
            reflected = shapes.reflect(self._connection, recorded(self._connection, self._plugin))
            dialect = self._connection.dialect.name
            shaped = {name: shapes.shape(table, dialect) for name, table in reflected.items()}
            known = of_database[self._plugin] = _Known(revision, reflected, shaped)
        return known


def recorded(connection: sa.Connection, plugin: str) -> list[str]:
    """Return the tables that the plugin's migrations made."""
    query = sa.select(PluginTable.name).where(PluginTable.plugin == plugin).order_by(PluginTable.name)
    return list(connection.scalars(query))


def owners(connection: sa.Connection) -> dict[str, str]:
    """Return the plugin of every table that plugins' migrations made, by table."""
    found = connection.execute(sa.select(PluginTable.name, PluginTable.plugin))
    return {row.name: row.plugin for row in found}


def look(store: Store, plugin: str, migrations: Sequence[Migration]) -> tuple[Standing, str | None]:
    """Return where the plugin's tables are, seen from its code, and their revision."""
    with store.read() as session:
        revision = current_revision(session.connection(), plugin)
    return standing(migrations, revision), revision


def upgrade(store: Store, plugin: str, migrations: Sequence[Migration]) -> bool:
    """Bring a plugin's tables to its newest migration, in one transaction; return whether there was anything to do.

    Raises MigrationFailed; nothing is changed then.
    """
    if look(store, plugin, migrations)[0] is Standing.CURRENT:
        return False
    with _migrating(store, plugin) as connection:
        _refuse_collisions(connection, plugin)
        migrating.upgrade(connection, plugin, migrations)
        _record(connection, plugin, store)
    return True


def drop(store: Store, plugin: str, migrations: Sequence[Migration]) -> str:
    """Drop a plugin's tables: by its own downgrade if there is one, and what that leaves as recorded.

    Returns why the downgrade could not be used, or an empty text.
    """
    why = ""
    if migrations:
        try:
            with _migrating(store, plugin) as connection:
                migrating.downgrade(connection, plugin, migrations)
                _forget(connection, plugin)
        except MigrationFailed as error:
            why = error.why
        else:
            return ""
    with _migrating(store, plugin) as connection:
        migrating.drop(connection, [*recorded(connection, plugin), tables.version_table(plugin)])
        _forget(connection, plugin)
    return why


@contextmanager
def _migrating(store: Store, plugin: str) -> Iterator[sa.Connection]:
    """Open a transaction for migrations, with an engine of its own.

    SQLite rebuilds a table to alter it, which foreign keys would forbid: they are off meanwhile and checked at the end.
    """
    engine = make_engine(store.engine.url, pool_size=1)
    on_sqlite = engine.dialect.name == "sqlite"
    if on_sqlite:
        sa.event.listen(engine, "connect", _without_foreign_keys)
    try:
        with engine.begin() as connection:
            if not on_sqlite:
                connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('billhook plugin tables'))")
            yield connection
            if on_sqlite:
                _check_foreign_keys(connection, plugin)
    finally:
        engine.dispose()


def _without_foreign_keys(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def _check_foreign_keys(connection: sa.Connection, plugin: str) -> None:
    for name in migrating.own_names(connection, plugin):
        if connection.exec_driver_sql(f'PRAGMA foreign_key_check("{name}")').first() is not None:
            raise MigrationFailed(plugin, f"rows of {name} refer to rows that are not there.", "Mend the migration.")


def _refuse_collisions(connection: sa.Connection, plugin: str) -> None:
    """Raise MigrationFailed if names of the plugin's tables could be somebody else's."""
    whose = owners(connection)
    rename = "Give the plugin another entry point name: its tables begin with it."
    for name in migrating.own_names(connection, plugin):
        owner = whose.get(name)
        if owner != plugin:
            by = f"the plugin {owner!r}" if owner else "the panel or somebody else"
            raise MigrationFailed(plugin, f"the table {name} begins with its name and is of {by}.", rename)
    for other in sorted(set(whose.values()) - {plugin}):
        if tables.prefix(plugin).startswith(tables.prefix(other)):
            raise MigrationFailed(plugin, f"its tables would begin with the name of the plugin {other!r}.", rename)


def _record(connection: sa.Connection, plugin: str, store: Store) -> None:
    there, known = set(migrating.own_names(connection, plugin)), set(recorded(connection, plugin))
    if gone := known - there:
        connection.execute(sa.delete(PluginTable).where(PluginTable.name.in_(gone)))
    if new := there - known:
        values = [{"name": name, "plugin": plugin, "made_at": store.now()} for name in sorted(new)]
        connection.execute(sa.insert(PluginTable), values)


def _forget(connection: sa.Connection, plugin: str) -> None:
    connection.execute(sa.delete(PluginTable).where(PluginTable.plugin == plugin))
