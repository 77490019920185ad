"""Events to plugins: the receivers `plugin:<name>` of the outbox, each served on its own: a slow one delays no other.

What was told to a plugin that is not loaded now waits until it is, or until it is removed by command.

A handler runs outside any write transaction, reads present state through a Reader whose unit ends with it, and returns
effects. The host writes them together with the release of the fact.

It runs in the pool of its plugin, not in the thread that delivers: at the deadline that thread is free again, and no
thread that hangs holds a lease.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any, Final

from billhook import (
    AccountView,
    Effect,
    Money,
    ResellerView,
    Setting,
    SettingKind,
    Value,
)
from billhook.events import Event
from billhook.host import effects
from billhook.host.places import EVENTS
from billhook.host.tables import Tables
from sqlalchemy.orm import Session

from host_stub.domain import whose
from host_stub.domain.errors import NotFound
from host_stub.persistence import Account, Reseller, Scope, Store
from host_stub.persistence.plugin_tables import OwnTables
from host_stub.persistence.store import Row, base_url, fetch, now
from host_stub.plugins import effects as writing
from host_stub.plugins import failures, links, masking
from host_stub.plugins.desk import Keys, Providers
from host_stub.plugins.errors import PluginFailed, PluginWaits
from host_stub.plugins.registry import Registry
from host_stub.services.charges import charging
from host_stub.services.queues import events
from host_stub.services.queues.deliveries import Delivered, End, Failed, Policy, Postponed, Task
from host_stub.services.queues.destinations import Bounds, Destinations
from host_stub.services.queues.outbox import PLUGIN
from host_stub.services.settings import plugin_settings
from host_stub.services.telling import addresses, views

#: While charges of the account are being posted, its events wait: the run may end in a hold.
RUN_IN_PROGRESS: Final = timedelta(seconds=2)
LONGEST_RUN: Final = timedelta(minutes=10)
LONGEST_READ_SECONDS: Final = 1.0
#: Resellers whose events take long, of the three threads of a plugin. That one falls silent, its breakers see to.
RESELLERS: Final = Bounds(first_rest=timedelta(), longest_rest=timedelta(), slow=1, slow_alone=2)


def listeners(registry: Registry) -> list[str]:
    """Return the loaded plugins that hear events."""
    return [name for name in registry.plugins if any(registry.implementation(name, hook) for hook in EVENTS)]


class PluginReceiver:
    """Delivers the events of loaded plugins."""

    policy = Policy(attempts=8, first_wait=timedelta(seconds=5), longest_wait=timedelta(minutes=10))

    def __init__(self, store: Store, registry: Registry, keys: Keys) -> None:
        self._store = store
        self._registry = registry
        self._keys = keys
        self._doors = {plugin: Destinations(store.ticks, RESELLERS) for plugin in registry.plugins}

    def deliver(self, task: Task) -> End:
        """See Receiver. A plugin that is off for the reseller by now hears nothing of it, and never will."""
        plugin = task.receiver.removeprefix(PLUGIN)
        event = events.event_of(task.kind, task.payload)
        with self._store.read(Scope.reseller(task.reseller_id)) as session:
            if not plugin_settings.is_on(session, plugin, task.reseller_id):
                return Delivered()
            age = now(session) - task.created_at
            if timedelta() <= age < LONGEST_RUN and charging.is_behind(session, event.account_id):
                return Postponed("charges of the account are being posted", RUN_IN_PROGRESS)
        handler = self._registry.implementation(plugin, task.kind)
        if handler is None:
            return Failed(f"plugin {plugin} has no {task.kind} any more")
        doors, reseller = self._doors[plugin], str(task.reseller_id)
        rest = doors.enter(reseller)
        if rest is not None:
            return Postponed("", rest)
        called: bool | None = True
        try:
            wanted = self._ask(plugin, task.kind, handler, event)
        except PluginWaits as error:
            called = None
            return Postponed(f"{error.why} {error.remedy}".strip(), error.wait)
        except PluginFailed as error:
            return Failed(str(error))
        finally:
            doors.leave(reseller, answered=called)
        author = writing.Author(plugin, task.reseller_id, once=f"{plugin}:{task.id}")

        def refused(session: Session, why: str) -> None:
            failures.count(session, plugin, task.kind, why)

        return Delivered(lambda session: writing.write(session, author, wanted), refused)

    def _ask(self, plugin: str, hook: str, handler: Callable[..., Any], event: Event) -> list[Effect]:
        reader = HostReader(self._store, self._registry, plugin, event.reseller_id, self._keys)
        try:
            with whose.on_behalf_of(event.reseller_id):
                return self._registry.call(plugin, hook, lambda: _answer(handler, event, reader))
        finally:
            # A handler past its deadline may run on: it keeps no connection, and reads nothing any more.
            reader.end()


def _answer(handler: Callable[..., Any], event: Event, reader: HostReader) -> list[Effect]:
    try:
        return effects.of_event(handler(event=event, reader=reader), event, reader.tables)
    finally:
        reader.end()


class HostReader:
    """The contract's Reader over one read unit in the reseller's scope; whoever makes one ends it.

    A handler runs in another thread than the one that gives it up: both take turns.
    """

    def __init__(self, store: Store, registry: Providers, plugin: str, reseller_id: int, keys: Keys) -> None:
        self._unit = ExitStack()
        self._session = self._unit.enter_context(store.read(Scope.reseller(reseller_id)))
        self._registry = registry
        self._plugin = plugin
        self._reseller_id = reseller_id
        self._keys = keys
        self._turn = threading.Lock()
        self._ended = False

    def account(self, account_id: int) -> AccountView:
        with self._reading() as session:
            return views.account_view(session, _found(session, Account, account_id))

    def reseller(self) -> ResellerView:
        with self._reading() as session:
            return views.reseller_view(_found(session, Reseller, self._reseller_id))

    def setting(self, key: str, account_id: int | None = None) -> object:
        declared = self._declared()[key]
        with self._reading() as session:
            value = plugin_settings.value(session, self._owner(account_id), declared, self._keys)
        if declared.kind is SettingKind.SECRET:
            masking.given([str(value or "")])
        return value

    def secrets(self, key: str, account_id: int | None = None) -> tuple[str, ...]:
        declared = self._declared()[key]
        if declared.kind is not SettingKind.SECRET:
            raise KeyError(key)
        with self._reading() as session:
            found = plugin_settings.secrets(session, self._owner(account_id), declared, self._keys)
        masking.given(found)
        return found

    def _declared(self) -> Mapping[str, Setting]:
        return {setting.key: setting for setting in self._registry.loaded(self._plugin).settings}

    def _owner(self, account_id: int | None) -> plugin_settings.Owner:
        return plugin_settings.Owner(self._plugin, self._reseller_id, account_id)

    def top_up_url(self, account_id: int, amount: Money | None = None) -> str:
        with self._reading() as session:
            return addresses.top_up(session, account_id, amount)

    def link(self, name: str, subject: str) -> str:
        declared = self._registry.loaded(self._plugin).link(name)
        if declared is None:
            raise LookupError(f"{self._plugin} has no link {name!r}")
        with self._reading() as session:
            held = links.made(self._plugin, declared, self._reseller_id, subject, now(session))
            return links.address(self._keys, base_url(session), held)

    def rows(
        self,
        table: str,
        where: Mapping[str, Value] | None = None,
        *,
        newest_first: bool = False,
        limit: int = 100,
        before_id: int | None = None,
    ) -> list[Mapping[str, Value]]:
        with self._reading() as session:
            own = OwnTables(session, self._plugin, self._reseller_id)
            return own.rows(table, where, newest_first=newest_first, limit=limit, before_id=before_id)

    def tables(self) -> Tables:
        """Return the plugin's own tables, to check effects against."""
        with self._reading() as session:
            return OwnTables(session, self._plugin, self._reseller_id).shapes()

    def end(self) -> None:
        """End the unit; whoever reads afterwards hears so. May be called again, and from another thread."""
        if not self._turn.acquire(timeout=LONGEST_READ_SECONDS):
            return  # a statement hangs in the database: its connection comes back when it ends
        try:
            self._ended = True
            self._unit.close()
        finally:
            self._turn.release()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._turn:
            if self._ended:
                raise LookupError("the handler's time is over: nothing is read any more")
            yield self._session


def _found(session: Session, kind: type[Row], row_id: int) -> Row:
    if not 0 <= row_id < 2**63:
        raise LookupError(f"no {kind.__name__} {row_id}")  # a number as somebody typed it, which no column holds
    try:
        return fetch(session, kind, row_id)
    except NotFound as error:
        raise LookupError(str(error)) from error
