"""The registry: which plugins are loaded, what they offer, and the one guard through which they are called."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import jinja2
import pluggy
import structlog
from billhook import (
    BalanceWatch,
    ChargeWatch,
    LazyText,
    Money,
    PaymentProvider,
    PluginError,
    ProviderError,
    Setting,
    hooks,
)
from billhook.errors import CallbackError

from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import Store
from host_stub.plugins import checks, failures
from host_stub.plugins.discovery import Candidate, installed
from host_stub.plugins.errors import BrokenPlugin, PluginFailed, UnknownPlugin

_log = structlog.get_logger("billhook.plugins")

EVENT_HOOKS: Final = (
    "billhook_balance_changed",
    "billhook_balance_threshold_crossed",
    "billhook_charge_uncovered",
    "billhook_subscription_stopped",
    "billhook_subscription_resumed",
)

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that passed every check. package: import name, empty for one that was written in a test.

    templates: its `templates` folder, if it has one. notes: what the author should change, such as retired hooks.
    """

    name: str
    title: LazyText | str
    provider: PaymentProvider | None
    settings: tuple[Setting, ...]
    watches: tuple[BalanceWatch | ChargeWatch, ...]
    package: str
    templates: Path | None = None
    notes: tuple[str, ...] = ()


class Registry:
    """The plugins of one process. Build it with `discover` or, in tests, with `of`.

    plugins: what loaded, by name, in the order of names. broken: why the others did not, by name.
    """

    def __init__(self, candidates: list[Candidate]) -> None:
        self._hooks = pluggy.PluginManager(hooks.PROJECT)
        self._hooks.add_hookspecs(hooks)
        self._store: Store | None = None
        self.plugins: dict[str, LoadedPlugin] = {}
        self.broken: dict[str, str] = {}
        for candidate in sorted(candidates, key=lambda each: each.name):
            self._try(candidate)

    @classmethod
    def discover(cls) -> Registry:
        """Load every installed plugin."""
        return cls(installed())

    @classmethod
    def of(cls, modules: Mapping[str, object]) -> Registry:
        """Load hand-written plugins: name → module, or any object with hook implementations."""
        return cls([Candidate(name, module) for name, module in modules.items()])

    def attach(self, store: Store) -> None:
        """Keep failures in this database from now on; those of loading are written at once.

        The store learns what the plugins listen to.
        """
        self._store = store
        store.listening = self.listening()
        for name, why in self.broken.items():
            failures.record(store, name, "load", why)

    def provider(self, name: str) -> PaymentProvider:
        """Return the provider of a plugin. Raises UnknownPlugin, BrokenPlugin."""
        if name in self.broken:
            raise BrokenPlugin(name, self.broken[name])
        plugin = self.plugins.get(name)
        if plugin is None or plugin.provider is None:
            raise UnknownPlugin(name, "is not installed" if plugin is None else "takes no payments")
        return plugin.provider

    def implementation(self, plugin: str, hook: str) -> Callable[..., Any] | None:
        """Return a plugin's implementation of a hook, to be called with the hook's arguments by keyword; or None."""
        caller = getattr(self._hooks.hook, hook)
        for impl in caller.get_hookimpls():
            if impl.plugin_name == plugin:
                function, names = impl.function, impl.argnames
                return lambda **given: function(*(given[name] for name in names))
        return None

    def listening(self) -> Listening:
        """Return what the loaded plugins want to hear about."""
        heard = {hook: tuple(n for n in self.plugins if self.implementation(n, hook)) for hook in EVENT_HOOKS}
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
        """Call a plugin's code through the one guard.

        place: what is called, for the operator (`start`, `billhook_balance_changed`).
        Never inside a database transaction: a failure is written in one of its own.
        Raises what the contract allows (CallbackError, ProviderError) as it is, PluginFailed for anything else.
        """
        try:
            return function(*args, **kwargs)
        except (CallbackError, ProviderError):
            raise
        except (Exception, SystemExit) as error:
            why = f"{type(error).__name__}: {error}"
            _log.exception("plugin failed", plugin=plugin, place=place)
            if self._store is not None:
                failures.record(self._store, plugin, place, why)
            raise PluginFailed(plugin, f"{place} failed: {type(error).__name__}") from error

    def _try(self, candidate: Candidate) -> None:
        name = candidate.name
        try:
            if candidate.module is None:
                raise PluginError(name, candidate.error)
            self.plugins[name] = self._load(name, candidate.module)
        except (Exception, SystemExit) as error:  # noqa: BLE001  one plugin must not stop the host
            # Of two with one name neither is the right one.
            self.plugins.pop(name, None)
            if self._hooks.has_plugin(name):
                self._hooks.unregister(name=name)
            why = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
            self.broken[name] = why
            _log.error("plugin not loaded", plugin=name, why=why)

    def _load(self, name: str, module: object) -> LoadedPlugin:
        checks.name(name)
        checks.no_duplicate(name, {*self.plugins, *self.broken})
        checks.markers(name, module)
        notes = self._register(name, module)
        checks.api_version(name, self.implementation(name, "billhook_api_version"))
        provider = checks.provider(name, self._collect(name, "billhook_payment_providers"))
        settings = checks.settings(name, self._collect(name, "billhook_settings"))
        watches = checks.watches(name, self._collect(name, "billhook_watches"), settings)
        title = self.implementation(name, "billhook_plugin_title")
        return LoadedPlugin(
            name=name,
            title=title() if title else name,
            provider=provider,
            settings=settings,
            watches=watches,
            package=getattr(module, "__name__", ""),
            templates=checks.templates(name, module),
            notes=notes,
        )

    def _register(self, name: str, module: object) -> tuple[str, ...]:
        """Register the hooks; return what is retired among them. Raises for an unknown hook or argument."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", DeprecationWarning)
            self._hooks.register(module, name=name)
            self._hooks.check_pending()
        return tuple(str(warning.message) for warning in caught)

    def _collect(self, name: str, hook: str) -> list[Any]:
        implementation = self.implementation(name, hook)
        return list(implementation()) if implementation else []


def _spec(plugin: LoadedPlugin, watch: BalanceWatch | ChargeWatch) -> WatchSpec:
    default = next(setting.default for setting in plugin.settings if setting.key == watch.setting)
    return WatchSpec(
        plugin=plugin.name,
        key=watch.key,
        kind="balance" if isinstance(watch, BalanceWatch) else "charge",
        setting=watch.setting,
        default=default.minor if isinstance(default, Money) else default if isinstance(default, int) else None,
    )
