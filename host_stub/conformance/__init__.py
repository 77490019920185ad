"""The panel as a host of Billhook's conformance kit: one plugin, a database of its own, nothing left behind.

Found by the entry point `billhook.host`, so that the contract knows nothing of the panel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from billhook import PluginError
from billhook_kit import PluginSource
from billhook_kit.views import NOON

from host_stub.adapters.clock import FixedClock
from host_stub.conformance.panel import BASE_URL, PanelHost
from host_stub.conformance.quiet import quiet_log
from host_stub.conformance.watching import WatchedRegistry
from host_stub.persistence import open_store
from host_stub.plugins.discovery import Candidate
from host_stub.plugins.installation import upgrade_tables


@contextmanager
def open_host(source: PluginSource, currency: str = "RUB") -> Iterator[PanelHost]:
    """Open a panel with this plugin on an SQLite database of its own. Raises PluginError if it does not load."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "panel.db"
        path.write_bytes(_migrated())
        with open_panel(source, currency, database_url=f"sqlite:///{path}") as host:
            yield host


@contextmanager
def open_panel(source: PluginSource, currency: str, *, database_url: str) -> Iterator[PanelHost]:
    """Open a panel with this plugin on a migrated, empty database.

    Raises PluginError if it does not load or its migrations fail.
    """
    if source.module is None:
        raise PluginError(source.name, source.error, "Import it yourself to see where.")
    with quiet_log():
        registry = WatchedRegistry([Candidate(source.name, source.module)])
        if source.name in registry.broken:
            raise PluginError(source.name, registry.broken[source.name])
        opened = closing(open_store(database_url, FixedClock(NOON), base_url=BASE_URL))
        with opened as store, registry.hearing(source.import_name):
            upgrade_tables(store, registry.plugins[source.name])
            yield PanelHost(store, registry, source.name, currency)


@cache
def _migrated() -> bytes:
    """Return a migrated, empty SQLite database; migrations run once per process."""
    from host_stub.persistence.migrate import upgrade

    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()
