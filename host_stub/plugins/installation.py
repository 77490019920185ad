"""What is installed, what of it works, and where its tables are: for the operator's page and the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from billhook.errors import MigrationFailed
from billhook.host.history import Standing
from billhook.host.loading import LoadedPlugin
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import (
    OperatorSetting,
    Outbox,
    PaymentMethod,
    PluginActivation,
    PluginSetting,
    Store,
    plugin_tables,
)
from host_stub.persistence.listings import count_up_to
from host_stub.plugins import failures
from host_stub.plugins.errors import PluginBehind
from host_stub.plugins.registry import Registry
from host_stub.services.queues.outbox import PLUGIN

#: The place under which a failed migration is recorded.
MIGRATIONS = "migrations"


class State(StrEnum):
    LOADED = "loaded"
    BROKEN = "broken"
    DISABLED = "disabled"  # by the configuration: not even imported
    GONE = "gone"  # not installed any more, and something of it is left


class TableState(StrEnum):
    NONE = "none"
    CURRENT = "up to date"
    PENDING = "pending"
    AHEAD = "ahead"  # of the installed version, which is older
    ORPHANED = "orphaned"  # their plugin is gone
    KEPT = "kept"  # their plugin is broken or disabled: its migrations can't be asked


@dataclass(frozen=True, slots=True)
class Inventory:
    """One plugin.

    why: what keeps it from being called, with the remedy. on_for: how many resellers have it on.
    waiting: how many events wait until it is called again, counted up to a thousand and one; 0 for one that is called.
    retired: what it uses of the contract that is to go away, each with its successor.
    """

    name: str
    version: str
    contract: str
    state: State
    tables: TableState
    on_for: int
    why: str = ""
    waiting: int = 0
    retired: tuple[str, ...] = ()


def inventory(store: Store, registry: Registry, versions: Mapping[str, str]) -> list[Inventory]:
    """Return every plugin that is installed or has left something behind. versions: what is installed, by name."""
    with store.read() as session:
        on = Counter(session.scalars(select(PluginActivation.plugin).where(PluginActivation.enabled)))
        owners = set(plugin_tables.owners(session.connection()).values())
        traces = _traces(session) | owners | set(on)
    off = {name for name in registry.disabled if name in versions or name in traces}
    names = {*registry.plugins, *registry.broken, *off, *traces}
    found = [_one(store, registry, name, versions, on[name], owners) for name in sorted(names)]
    with store.read() as session:
        return [replace(each, waiting=_waiting(session, each.name)) if each.why else each for each in found]


def _waiting(session: Session, plugin: str) -> int:
    return count_up_to(session, select(Outbox.id).where(Outbox.receiver == PLUGIN + plugin, Outbox.dead_at.is_(None)))


def _traces(session: Session) -> set[str]:
    # A method that was deactivated stays for its payments; it alone means nothing to be mended.
    found = set(session.scalars(select(PaymentMethod.plugin).where(PaymentMethod.active).distinct()))
    for kind in (OperatorSetting, PluginSetting):
        found.update(session.scalars(select(kind.plugin).distinct()))
    return found


def _one(
    store: Store, registry: Registry, name: str, versions: Mapping[str, str], on_for: int, owners: set[str]
) -> Inventory:
    version, loaded = versions.get(name, ""), registry.plugins.get(name)
    if loaded is not None:
        behind = registry.behind(name)
        tables = _standing(store, loaded, name in owners)
        found = Inventory(name, version, str(loaded.api), State.LOADED, tables, on_for, _told(behind))
        return replace(found, retired=loaded.retired)
    tables = TableState.KEPT if name in owners else TableState.NONE
    if name in registry.broken:
        return Inventory(name, version, "", State.BROKEN, tables, on_for, registry.broken[name])
    if name in registry.disabled and name in versions:
        return Inventory(name, version, "", State.DISABLED, tables, on_for, "BILLHOOK_DISABLED_PLUGINS names it.")
    tables = TableState.ORPHANED if name in owners else TableState.NONE
    why = f"Install its package again, or run `host_stub plugin remove {name}`."
    return Inventory(name, version, "", State.GONE, tables, on_for, why)


def _standing(store: Store, loaded: LoadedPlugin, owns: bool) -> TableState:
    if not loaded.migrations and not owns:
        return TableState.NONE
    standing, _revision = plugin_tables.look(store, loaded.name, loaded.migrations)
    return {
        Standing.CURRENT: TableState.CURRENT,
        Standing.PENDING: TableState.PENDING,
        Standing.AHEAD: TableState.AHEAD,
    }[standing]


def _told(behind: PluginBehind | None) -> str:
    return f"{behind.why} {behind.remedy}" if behind is not None else ""


def upgrade_tables(store: Store, plugin: LoadedPlugin) -> bool:
    """Run a plugin's pending migrations; return whether there were any.

    Raises MigrationFailed; the failure is kept for the operator's page, and nothing else of it.
    """
    if not plugin.migrations:
        return False
    try:
        changed = plugin_tables.upgrade(store, plugin.name, plugin.migrations)
    except MigrationFailed as error:
        failures.record(store, plugin.name, MIGRATIONS, f"{error.why} {error.remedy}")
        raise
    failures.forget(store, plugin.name, MIGRATIONS)
    return changed
