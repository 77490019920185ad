"""The registry: which plugins are loaded, what they offer, and the one guard through which they are called."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, ParamSpec, TypeVar

import jinja2
import structlog
from billhook import BalanceWatch, ChargeWatch, MethodView, PaymentProvider, PluginError, ProviderError
from billhook.errors import CallbackError, PageError
from billhook.host import loading
from billhook.host.loading import LoadedPlugin
from billhook.host.places import EVENTS

from host_stub.adapters.clock import Clock, SystemClock
from host_stub.domain import whose
from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import Store
from host_stub.plugins import failures, masking, start_watch
from host_stub.plugins.discovery import Candidate, installed
from host_stub.plugins.errors import BrokenPlugin, PluginBehind, PluginFailed, PluginOverran, UnknownPlugin
from host_stub.plugins.guard import CallFailed, CallOverran, Guard
from host_stub.plugins.guarded_validators import with_guarded_validators
from host_stub.plugins.names import RESERVED
from host_stub.plugins.start_watch import StartWatch
from host_stub.plugins.table_watch import TableWatch

_log = structlog.get_logger("billhook.plugins")

P = ParamSpec("P")
R = TypeVar("R")


class Registry:
    """The plugins of one process. Build it with `discover` or, in tests, with `of`.

    plugins: what loaded, by name, in the order of names. broken: why the others did not, by name.
    disabled: what the operator's configuration keeps from being imported.
    found: what was there when the process started, loaded or broken, name → version; None for hand-written plugins.
    deadlines: seconds by place, for tests; what is not named keeps its own.
    """

    def __init__(
        self,
        candidates: list[Candidate],
        *,
        disabled: Collection[str] = (),
        deadlines: Mapping[str, float] | None = None,
        watch: StartWatch | None = None,
        installed: bool = False,
    ) -> None:
        self.found = {each.name: each.version for each in candidates} if installed else None
        self._tables: TableWatch | None = None
        self.disabled = tuple(sorted(disabled))
        self._deadlines = deadlines
        self._clock: Clock = SystemClock()
        self._guards: dict[str, Guard] = {}
        self._store: Store | None = None
        self.plugins: dict[str, LoadedPlugin] = {}
        self.broken: dict[str, str] = {}
        for candidate in sorted(candidates, key=lambda each: each.name):
            if watch is not None:
                watch.step(candidate.name, "its collectors")
            self._try(candidate)

    @classmethod
    def discover(cls, disabled: Collection[str] = (), *, longest_seconds: float = start_watch.SECONDS) -> Registry:
        """Load every installed plugin that is not disabled.

        longest_seconds: one that takes longer to import, or to answer its collectors, ends the process with a message.
        """
        with StartWatch(longest_seconds) as watch:
            found = installed(disabled, before=lambda name: watch.step(name, "its import"))
            return cls(found, disabled=disabled, watch=watch, installed=True)

    @classmethod
    def of(cls, modules: Mapping[str, object], *, deadlines: Mapping[str, float] | None = None) -> Registry:
        """Load hand-written plugins: name → module, or any object with hook implementations."""
        return cls([Candidate(name, module) for name, module in modules.items()], deadlines=deadlines)

    def attach(self, store: Store) -> None:
        """Keep failures in this database from now on; those of loading are written at once.

        The store learns what the plugins listen to.
        """
        self._store = store
        self._clock = store.clock
        store.listening = self.listening()
        self.watch(store)
        for name, why in self.broken.items():
            failures.record(store, name, "load", why)

    def watch(self, store: Store) -> None:
        """Call no plugin from now on whose tables in this database are not up to date."""
        self._tables = TableWatch(store, self.plugins)

    def provider(self, name: str) -> PaymentProvider:
        """Return the provider of a plugin. Raises UnknownPlugin, BrokenPlugin, PluginBehind."""
        if name in self.broken:
            raise BrokenPlugin(name, self.broken[name])
        plugin = self.plugins.get(name)
        if plugin is None or plugin.provider is None:
            raise UnknownPlugin(name, self._why_unknown(name))
        self._refuse_behind(name)
        return plugin.provider

    def loaded(self, name: str) -> LoadedPlugin:
        """Return a plugin, whether it takes payments or not.

        Raises BrokenPlugin for one that could not be loaded or is kept from it, UnknownPlugin for any other name.
        """
        if name in self.plugins:
            return self.plugins[name]
        if name in self.broken:
            raise BrokenPlugin(name, self.broken[name])
        if name in self.disabled:
            raise BrokenPlugin(name, self._why_unknown(name))
        raise UnknownPlugin(name, self._why_unknown(name))

    def behind(self, plugin: str) -> PluginBehind | None:
        """Return why a loaded plugin is not called, if its tables are the reason."""
        return self._tables.behind(plugin) if self._tables is not None else None

    def look_again(self) -> None:
        """Ask the database anew where the plugins' tables are; otherwise that happens every few seconds."""
        if self._tables is not None:
            self._tables.look_again()

    def _refuse_behind(self, plugin: str) -> None:
        if self._tables is not None:
            self._tables.refuse(plugin)

    def _why_unknown(self, name: str) -> str:
        if name in self.plugins:
            return "takes no payments"
        return "is disabled by BILLHOOK_DISABLED_PLUGINS" if name in self.disabled else "is not installed"

    def guard(self, plugin: str) -> Guard:
        """Return the threads and the breakers of a plugin, in this process."""
        found = self._guards.get(plugin)
        if found is None:
            found = self._guards.setdefault(plugin, Guard(plugin, lambda: self._clock.ticks(), self._deadlines))
        return found

    @property
    def guards(self) -> Mapping[str, Guard]:
        """The guards of all plugins that were ever called in this process, loading included."""
        return dict(self._guards)

    def implementation(self, plugin: str, hook: str) -> Callable[..., Any] | None:
        """Return a plugin's implementation of a hook, to be called with the hook's arguments by keyword; or None."""
        loaded = self.plugins.get(plugin)
        return loaded.hooks.get(hook) if loaded else None

    def listening(self) -> Listening:
        """Return what the loaded plugins want to hear about."""
        heard = {hook: tuple(n for n in self.plugins if self.implementation(n, hook)) for hook in EVENTS}
        watches = [_spec(plugin, watch) for plugin in self.plugins.values() for watch in plugin.watches]
        return Listening({hook: names for hook, names in heard.items() if names}, tuple(watches))

    def loader(self) -> jinja2.BaseLoader:
        """Return the Jinja loader of plugin templates: `<plugin>/…`, each from its own folder alone."""
        return jinja2.PrefixLoader(
            {
                name: jinja2.FileSystemLoader(plugin.templates / name)
                for name, plugin in self.plugins.items()
                if plugin.templates
            }
        )

    def call(self, plugin: str, place: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a plugin's code through the one guard: in a thread of the plugin, with the deadline of the place.

        place: what is called, for the operator (`start`, `billhook_balance_changed`).
        Never inside a database transaction: a failure is written in one of its own.
        Raises what the contract allows there (CallbackError, PageError, ProviderError), PluginPaused while the plugin
        is not called because it failed too often, PluginBehind while its tables are not up to date, PluginFailed for
        anything else (PluginOverran past the deadline).
        What is raised, recorded or logged has the secrets masked that the call was given.
        """
        self._refuse_behind(plugin)
        with masking.call_under_way() as mask:
            try:
                return self.guard(plugin).call(place, partial(function, *args, **kwargs))
            except CallOverran as failure:
                _log.error("plugin overran", plugin=plugin, place=place, why=failure.words, at=failure.stack)
                self._record(plugin, place, failure.words)
                raise PluginOverran(plugin, failure.public) from None
            except CallFailed as failure:
                _log.error("plugin failed", plugin=plugin, place=place, exception=mask(_traceback(failure)))
                self._record(plugin, place, mask(failure.words))
                # The log has where it was; who logs this one logs nothing of the plugin's.
                raise PluginFailed(plugin, mask(failure.public)) from None
            except (CallbackError, PageError, ProviderError) as error:
                raise mask.error(error) from None

    def ask(self, method: MethodView, place: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a provider's code about a method, whose secrets it is given, like `call`."""
        provider = self.provider(method.plugin)

        def asked() -> R:
            masking.given(masking.secrets_of(method, provider.settings))
            return function(*args, **kwargs)

        with whose.on_behalf_of(method.reseller_id):
            return self.call(method.plugin, place, asked)

    def heard(self, plugin: str, kind: str, verdict: str) -> None:
        """Count a message of a gateway. kind: what came. verdict: what the panel made of it."""
        self.guard(plugin).tallies.heard(kind, verdict)

    def _record(self, plugin: str, place: str, words: str) -> None:
        if self._store is not None:
            failures.record(self._store, plugin, place, words)

    def _try(self, candidate: Candidate) -> None:
        name = candidate.name
        try:
            if candidate.module is None:
                raise PluginError(name, candidate.error)
            if name in self.plugins or name in self.broken:
                raise PluginError(name, "two distributions provide it", "Uninstall one of them.")
            loaded = loading.load(name, candidate.module, partial(self.collect, name), reserved=RESERVED)
            for why in loaded.retired:
                _log.warning("plugin uses what is retired", plugin=name, why=why)
            self.plugins[name] = with_guarded_validators(loaded, self.call)
        except KeyboardInterrupt:  # somebody ends the start
            raise
        except BaseException as error:  # noqa: BLE001  one plugin must not stop the host
            # Of two with one name neither is the right one.
            self.plugins.pop(name, None)
            why = masking.text_of(error)
            if not isinstance(error, PluginError):
                why = f"{type(error).__name__}: {why}"
            self.broken[name] = why
            _log.error("plugin not loaded", plugin=name, why=why)

    def collect(self, plugin: str, hook: str, implementation: Callable[[], Any]) -> Any:
        """Ask a collector through the guard. Raises what it raised: loading says it, or asks nothing more."""
        try:
            return self.guard(plugin).here(hook, implementation)
        except CallFailed as failure:
            raise failure.__cause__ or failure from None


def _traceback(failure: CallFailed) -> str:
    return "".join(traceback.format_exception(failure.__cause__)).rstrip()


def _spec(plugin: LoadedPlugin, watch: BalanceWatch | ChargeWatch) -> WatchSpec:
    setting = next(setting for setting in plugin.settings if setting.key == watch.setting)
    return WatchSpec(
        plugin=plugin.name,
        key=watch.key,
        kind="balance" if isinstance(watch, BalanceWatch) else "charge",
        setting=watch.setting,
        default=setting.default if isinstance(setting.default, int) else None,
        levels=tuple(level.value for level in setting.levels),
    )
