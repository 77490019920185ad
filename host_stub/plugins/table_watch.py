"""Whether plugins' tables are where their code wants them: asked before a call, looked up now and then."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from billhook.host.history import Standing
from billhook.host.loading import LoadedPlugin
from sqlalchemy.exc import SQLAlchemyError

from host_stub.persistence import Store, plugin_tables
from host_stub.plugins.errors import PluginBehind

#: How long an answer of the database is believed.
SECONDS: Final = 10.0
WAIT: Final = timedelta(seconds=30)


class TableWatch:
    """Knows which of these plugins may be called. For many threads: two may ask the database at once, that is all."""

    def __init__(self, store: Store, plugins: Mapping[str, LoadedPlugin]) -> None:
        self._store = store
        # A package without migrations is watched too: its newer version may have had some.
        self._plugins = {name: plugin for name, plugin in plugins.items() if plugin.migrations or plugin.package}
        self._known: dict[str, tuple[float, PluginBehind | None]] = {}

    def refuse(self, plugin: str) -> None:
        """Raise PluginBehind for a plugin whose tables are not up to date. Raises what the database does at first."""
        if (why := self.behind(plugin)) is not None:
            raise PluginBehind(why.plugin, why.why, why.wait, why.remedy, why.standing)

    def behind(self, plugin: str) -> PluginBehind | None:
        """Return why a plugin is not called, if its tables are the reason."""
        loaded = self._plugins.get(plugin)
        if loaded is None:
            return None
        at, known = self._known.get(plugin, (0.0, None))
        if plugin not in self._known or time.monotonic() - at > SECONDS:
            try:
                known = reason(plugin, *plugin_tables.look(self._store, plugin, loaded.migrations))
            except SQLAlchemyError:
                if plugin not in self._known and loaded.migrations:
                    raise
            self._known[plugin] = (time.monotonic(), known)
        return known

    def look_again(self) -> None:
        """Believe no earlier answer."""
        self._known.clear()


def reason(plugin: str, standing: Standing, revision: str | None) -> PluginBehind | None:
    """Return why a plugin whose tables stand so is not called; None if it is."""
    match standing:
        case Standing.CURRENT:
            return None
        case Standing.PENDING:
            remedy = f"Run `host_stub plugin upgrade {plugin}`."
            return PluginBehind(plugin, "its tables are not up to date.", WAIT, remedy, standing)
        case Standing.AHEAD:
            why = f"its tables are at revision {revision}, which the installed version does not know."
            remedy = "Install the newer version again and restart, or restore a backup from before it."
            return PluginBehind(plugin, why, WAIT, remedy, standing)
