"""Events to plugins: the receivers `plugin:<name>` of the outbox.

A handler runs outside any write transaction, reads present state through a Reader whose unit ends with it, and returns
effects. The host writes them together with the release of the fact.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from billhook import (
    AccountView,
    BalanceChanged,
    BalanceThresholdCrossed,
    ChargeUncovered,
    Effect,
    Money,
    Notify,
    ResellerView,
    SubscriptionResumed,
    SubscriptionStopped,
)
from billhook.events import Event
from billhook.formats import use_timezone
from billhook.i18n import LazyText, use_language
from sqlalchemy.orm import Session

from host_stub.domain.errors import NotFound
from host_stub.persistence import Account, Notice, Reseller, Scope, Store
from host_stub.persistence.store import Row, base_url, fetch, now
from host_stub.plugins import links
from host_stub.plugins.desk import Providers
from host_stub.plugins.errors import PluginFailed, PluginPaused
from host_stub.plugins.registry import Registry
from host_stub.services import addresses, charging, mails, plugin_settings, views
from host_stub.services.capability import Mac
from host_stub.services.deliveries import Delivered, Failed, Outcome, Policy, Postponed, Task
from host_stub.services.letterhead import Letter
from host_stub.services.outbox import PLUGIN, insert_once

EVENTS: Final[Mapping[str, type[Event]]] = {
    "billhook_balance_changed": BalanceChanged,
    "billhook_balance_threshold_crossed": BalanceThresholdCrossed,
    "billhook_charge_uncovered": ChargeUncovered,
    "billhook_subscription_stopped": SubscriptionStopped,
    "billhook_subscription_resumed": SubscriptionResumed,
}
#: While charges of the account are being posted, its events wait: the run may end in a hold.
RUN_IN_PROGRESS: Final = timedelta(seconds=2)
LONGEST_RUN: Final = timedelta(minutes=10)
LONGEST_READ_SECONDS: Final = 1.0


class PluginReceiver:
    """Delivers the events of all loaded plugins; each plugin has lanes of its own."""

    policy = Policy(attempts=8, first_wait=timedelta(seconds=5), longest_wait=timedelta(minutes=10))

    def __init__(self, store: Store, registry: Registry, keys: Mac) -> None:
        self._store = store
        self._registry = registry
        self._keys = keys

    def deliver(self, task: Task) -> Outcome:
        """See Receiver. A plugin that is off for the reseller by now hears nothing of it, and never will."""
        plugin = task.receiver.removeprefix(PLUGIN)
        event = read_event(task.kind, task.payload)
        with self._store.read(Scope.reseller(task.reseller_id)) as session:
            if not plugin_settings.is_on(session, plugin, task.reseller_id):
                return Delivered()
            age = now(session) - task.created_at
            if age < LONGEST_RUN and charging.is_behind(session, event.account_id):
                return Postponed("charges of the account are being posted", RUN_IN_PROGRESS)
        handler = self._registry.implementation(plugin, task.kind) if plugin in self._registry.plugins else None
        if handler is None:
            return Failed(f"plugin {plugin} is not loaded or has no {task.kind}")
        try:
            effects = self._ask(plugin, task.kind, handler, event)
        except PluginPaused as error:
            return Postponed(error.why, error.wait)
        except PluginFailed as error:
            return Failed(str(error))
        return Delivered(lambda session: write_effects(session, task, plugin, effects))

    def _ask(self, plugin: str, hook: str, handler: Callable[..., Any], event: Event) -> list[Effect]:
        reader = HostReader(self._store, self._registry, plugin, event.reseller_id, self._keys)
        try:
            return self._registry.call(plugin, hook, lambda: _answer(handler, event, reader))
        finally:
            # A handler past its deadline may run on: it keeps no connection, and reads nothing any more.
            reader.end()


def _answer(handler: Callable[..., Any], event: Event, reader: HostReader) -> list[Effect]:
    try:
        return _checked(handler(event=event, reader=reader), event)
    finally:
        reader.end()


def read_event(hook: str, payload: Mapping[str, Any]) -> Event:
    """Return the event that a fact of the outbox carries."""
    kind = EVENTS[hook]
    values: dict[str, Any] = {field.name: payload[field.name] for field in fields(kind)}
    for field in fields(kind):
        if field.type == "datetime":
            values[field.name] = datetime.fromisoformat(values[field.name])
    return kind(**values)


def _checked(answer: object, event: Event) -> list[Effect]:
    """Return the effects that a handler asked for; None counts as no effects. Raises TypeError for anything else."""
    if answer is None:
        return []
    if not isinstance(answer, Sequence) or isinstance(answer, str):
        raise TypeError(f"the hook returned {type(answer).__name__}, not a list of effects")
    return checked_effects(answer, lambda account_id: account_id == event.account_id, "the event's")


def checked_effects(effects: Sequence[object], is_own: Callable[[int], bool], whose: str) -> list[Effect]:
    """Return effects that may be written.

    is_own: says whether an account may be told. whose: the account that would be right, for the message.
    Raises TypeError for what is no effect, for another account, and for what is no text.
    """
    checked: list[Effect] = []
    for effect in effects:
        if not isinstance(effect, Notify):
            raise TypeError(f"{type(effect).__name__} is no effect")
        if not is_own(effect.account_id):
            raise TypeError(f"a notice is for another account than {whose}")
        _check_texts(effect)
        checked.append(effect)
    return checked


def _check_texts(effect: Notify) -> None:
    label, url = effect.button or ("", "")
    for text in (effect.subject, *effect.paragraphs, label, url):
        if not isinstance(text, LazyText | str):
            raise TypeError(f"{type(text).__name__} is no text")
        str(text)  # a missing field shows here, in the plugin's guard, and not while effects are written
    if not all(isinstance(recipient, str) for recipient in effect.recipients):
        raise TypeError("recipients are mail addresses")


class HostReader:
    """The contract's Reader over one read unit in the reseller's scope; whoever makes one ends it.

    A handler runs in another thread than the one that gives it up: both take turns.
    """

    def __init__(self, store: Store, registry: Providers, plugin: str, reseller_id: int, keys: Mac) -> None:
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
        known = {setting.key: setting for setting in self._registry.loaded(self._plugin).settings}
        owner = plugin_settings.Owner(self._plugin, self._reseller_id, account_id)
        with self._reading() as session:
            return plugin_settings.value(session, owner, known[key])

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


class Occasion(Protocol):
    """What effects belong to: a fact of the outbox, or one POST of a page. id: the same however often it is written."""

    @property
    def id(self) -> object: ...

    @property
    def reseller_id(self) -> int: ...


def write_effects(session: Session, task: Occasion, plugin: str, effects: Sequence[Effect]) -> None:
    """Write what a handler or page asked for: mails and notices, each at most once however often that is repeated."""
    for effect in effects:
        account = fetch(session, Account, effect.account_id)
        key = f"{plugin}:{task.id}:{effect.key}"
        letter = Letter(f"plugin:{plugin}", key, effect.subject, effect.paragraphs, effect.button)
        mails.queue_to_account(session, account, letter, effect.recipients)
        if effect.in_panel:
            _put_up_notice(session, account, plugin, key, effect)


def _put_up_notice(session: Session, account: Account, plugin: str, key: str, effect: Notify) -> None:
    reseller = fetch(session, Reseller, account.reseller_id)
    with use_language(account.language), use_timezone(reseller.timezone):
        values = {
            "reseller_id": account.reseller_id,
            "account_id": account.id,
            "category": f"plugin:{plugin}",
            "title": str(effect.subject),
            "text": "\n".join(str(paragraph) for paragraph in effect.paragraphs),
            "url": effect.button[1] if effect.button else "",
            "once_key": key,
            "created_at": now(session),
        }
    insert_once(session, Notice, values)
