"""A plugin's own tables in memory: its migrations run on an SQLite that lives as long as the host."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any

from billhook.errors import PluginError
from billhook.events import Discard, Keep, Value
from billhook.host.loading import LoadedPlugin
from billhook.host.tables import Tables, check_before, check_limit, check_where, find

if TYPE_CHECKING:
    import sqlalchemy as sa


class MemoryTables:
    """The tables of one plugin. Nothing is made before it is first asked for.

    Raises PluginError whenever the migrations fail, or can't be run here.
    """

    def __init__(self, plugin: LoadedPlugin) -> None:
        self._plugin = plugin
        self._turn = RLock()
        self._engine: sa.Engine | None = None
        self._reflected: dict[str, sa.Table] = {}

    def shapes(self) -> Tables:
        """Return the tables as the migrations made them."""
        if not self._plugin.migrations:
            return {}
        from billhook.host.sql.shapes import shape

        self._open()
        return {name: shape(table, "sqlite") for name, table in self._reflected.items()}

    def write(self, effects: Sequence[Keep | Discard], reseller_id: int) -> None:
        """Write checked effects in one transaction. Raises what the database does; nothing is written then."""
        if not effects:
            return
        from billhook.host.sql import rows

        with self._turn, self._open().begin() as connection:
            for effect in effects:
                table = self._reflected[effect.table]
                if isinstance(effect, Keep):
                    rows.keep(connection, table, reseller_id, effect)
                else:
                    rows.discard(connection, table, reseller_id, effect)

    def rows(self, name: str, where: Mapping[str, Value] | None, reseller_id: int, **page: Any) -> Any:
        """Return rows as Reader.rows does."""
        table = find(self.shapes(), name)
        check_where(table, where or {})
        check_limit(page["limit"])
        check_before(page["before_id"])
        from billhook.host.sql import rows

        with self._turn, self._open().connect() as connection:
            return rows.read(connection, self._reflected[name], reseller_id, where or {}, **page)

    def there_and_back(self) -> None:
        """Take every migration back and run them again: rows are lost. Raises PluginError."""
        from billhook.host.sql import migrating

        with self._turn, self._open().begin() as connection:
            migrating.downgrade(connection, self._plugin.name, self._plugin.migrations)
            migrating.upgrade(connection, self._plugin.name, self._plugin.migrations)

    def _open(self) -> sa.Engine:
        with self._turn:
            if self._engine is None:
                self._engine = self._migrated()
            return self._engine

    def _migrated(self) -> sa.Engine:
        try:
            import alembic  # noqa: F401
            import sqlalchemy as sa
        except ImportError as error:
            raise PluginError(
                self._plugin.name, "its tables can't be made here.", "Install billhook-kit: it brings Alembic."
            ) from error
        from billhook.host.sql import migrating, shapes

        engine = sa.create_engine(
            "sqlite://",
            poolclass=sa.pool.StaticPool,
            connect_args={"isolation_level": None, "check_same_thread": False},
        )
        # The driver's own mode would commit a table before the transaction ends.
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        try:
            with engine.begin() as connection:
                migrating.upgrade(connection, self._plugin.name, self._plugin.migrations)
                names = migrating.own_names(connection, self._plugin.name)
                self._reflected = shapes.reflect(connection, names)
        except BaseException:
            engine.dispose()
            raise
        # A host in a test is rarely closed; newer Pythons warn of a connection that is merely forgotten.
        weakref.finalize(self, engine.dispose)
        return engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
