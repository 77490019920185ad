"""Load one plugin: the rules that every host applies. Every fault is a PluginError that names the remedy.

Files are found by convention in the plugin's package: `templates/<plugin>/`, `static/<plugin>/`, `locale/<language>/`,
`migrations/`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Final

import pluggy

from billhook import hooks
from billhook.errors import PluginError
from billhook.events import BalanceWatch, ChargeWatch
from billhook.history import Migration, read_history
from billhook.i18n import LazyText
from billhook.pages import LONGEST_DAYS, Access, Link, Page, Room
from billhook.provider import PaymentProvider
from billhook.settings import CHAINS, Level, Setting, SettingKind, Text
from billhook.versions import API_VERSION, ApiRange

_NAME: Final = re.compile(r"\A[a-z][a-z0-9_]*\Z", re.ASCII)
_ORDERING: Final = ("wrapper", "hookwrapper", "tryfirst", "trylast", "optionalhook")
_SPECIFIED: Final = frozenset(name for name in vars(hooks) if name.startswith("billhook_"))
#: Names that stand for something of the host in addresses, template folders and ledger sources.
RESERVED: Final = frozenset(
    {"auth", "billhook", "components", "customer", "errors", "layouts", "operator", "plugin", "reseller"}
    | {"approval", "charge", "correction", "host_stub", "mail", "provisioning", "reversal"}
)
#: Hooks that are asked once at load, without arguments; the others hear of events.
COLLECTORS: Final = frozenset(name for name in _SPECIFIED if not signature(getattr(hooks, name)).parameters)
#: Every hook that tells of an event.
EVENT_HOOKS: Final = tuple(sorted(_SPECIFIED - COLLECTORS))

Hook = Callable[..., Any]
#: Asks a collector: is given its hook's name and the implementation, returns the answer.
Ask = Callable[[str, Hook], Any]


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that passed every check of loading.

    hooks: its implementations by name, to be called with the hook's arguments by keyword.
    package: import name, empty for an object that was written in a test.
    templates, static: its folders of these names, if it has them. migrations: what its folder holds, oldest first.
    api: the versions of the contract that it works with.
    retired: what it uses of the contract that is to go away, each with the name of its successor.
    """

    name: str
    title: Text
    provider: PaymentProvider | None = None
    settings: tuple[Setting, ...] = ()
    watches: tuple[BalanceWatch | ChargeWatch, ...] = ()
    pages: tuple[Page, ...] = ()
    links: tuple[Link, ...] = ()
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    package: str = ""
    templates: Path | None = None
    static: Path | None = None
    migrations: tuple[Migration, ...] = ()
    api: ApiRange = field(default_factory=ApiRange)
    retired: tuple[str, ...] = ()

    @property
    def all_settings(self) -> tuple[Setting, ...]:
        """What the hook and the provider declare; keys are unique over both."""
        return (*self.settings, *(self.provider.settings if self.provider else ()))

    def settings_at(self, level: Level) -> tuple[Setting, ...]:
        """The settings that may be set at a level, by the hook first."""
        return tuple(setting for setting in self.all_settings if level in setting.levels)

    @property
    def event_hooks(self) -> Mapping[str, Hook]:
        """The implementations that hear of events."""
        return {name: hook for name, hook in self.hooks.items() if name not in COLLECTORS}

    def page(self, room: Room, name: str) -> Page | None:
        return next((page for page in self.pages if (page.room, page.name) == (room, name)), None)

    def link(self, name: str) -> Link | None:
        return next((link for link in self.links if link.name == name), None)


def load(name: str, module: object, ask: Ask | None = None) -> LoadedPlugin:
    """Load a plugin: a module, or any object with hook implementations.

    ask: through which the host asks the collectors; otherwise they are simply called.
    Raises PluginError; what a collector raises passes through.
    """
    check_name(name)
    _check_markers(name, module)
    implementations, retired = _implementations(name, module)
    found = {hook: partial(ask, hook, each) for hook, each in implementations.items()} if ask else implementations
    api = _checked_version(name, found)
    settings = _settings_of_hook(name, _collect(name, found, "billhook_settings"))
    provider = _provider(name, _collect(name, found, "billhook_payment_providers"))
    _check_keys_once(name, (*settings, *(provider.settings if provider else ())))
    return LoadedPlugin(
        name=name,
        title=_title(name, found),
        provider=provider,
        settings=settings,
        watches=_watches(name, _collect(name, found, "billhook_watches"), settings),
        pages=_pages(name, _collect(name, found, "billhook_pages")),
        links=_links(name, _collect(name, found, "billhook_links")),
        hooks=implementations,
        package=getattr(module, "__name__", ""),
        templates=_prefixed(name, _folder(module, "templates")),
        static=_prefixed(name, _folder(module, "static")),
        migrations=_migrations(name, _folder(module, "migrations")),
        api=api,
        retired=retired,
    )


def check_name(plugin: str) -> None:
    """Return if a plugin may have that name. Raises PluginError."""
    if not _NAME.match(plugin):
        raise PluginError(plugin, "its name is not a lower-case identifier", "Use letters a-z, digits and _.")
    if plugin in RESERVED:
        raise PluginError(plugin, "its name is taken by the host", "Choose another entry point name.")


def _check_markers(plugin: str, module: object) -> None:
    for attribute in dir(module):
        function = getattr(module, attribute, None)
        options = getattr(function, f"{hooks.PROJECT}_impl", None)
        if isinstance(options, dict):
            used = [option for option in _ORDERING if options.get(option)]
            if used:
                raise PluginError(plugin, f"{attribute} uses {used[0]}", "Write a plain @hookimpl.")
        elif attribute.startswith("billhook_") and callable(function) and attribute in _SPECIFIED:
            raise PluginError(plugin, f"{attribute} has no marker", "Put @hookimpl above it.")


def _implementations(plugin: str, module: object) -> tuple[dict[str, Hook], tuple[str, ...]]:
    """Return the hooks by name, and what is retired among them.

    pluggy finds wrong argument names at once and unknown hooks in check_pending.
    """
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        try:
            manager.register(module, name=plugin)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(plugin, str(error), "Compare it with billhook.hooks.") from error
    callers = manager.get_hookcallers(module) or []
    found = {
        caller.name: _by_keyword(impl, _arguments(caller)) for caller in callers for impl in caller.get_hookimpls()
    }
    return found, tuple(str(warning.message) for warning in caught)


def _by_keyword(impl: Any, known: Collection[str]) -> Hook:
    """Return what takes the arguments of the hook by keyword, whichever of them it wants.

    known: all that the hook has.
    """
    function, names = impl.function, impl.argnames
    if set(names) == set(known) and all(_goes_by_keyword(function, name) for name in names):
        direct: Hook = function
        return direct
    return lambda **given: function(*(given[name] for name in names))


def _arguments(caller: pluggy.HookCaller) -> Collection[str]:
    return caller.spec.argnames if caller.spec else ()


def _goes_by_keyword(function: Hook, name: str) -> bool:
    return signature(function).parameters[name].kind is not Parameter.POSITIONAL_ONLY


def _title(plugin: str, found: Mapping[str, Hook]) -> Text:
    title = found["billhook_plugin_title"]() if "billhook_plugin_title" in found else plugin
    if not isinstance(title, LazyText | str):
        raise PluginError(plugin, f"billhook_plugin_title returned {type(title).__name__}", "Return a text.")
    return title


def _collect(plugin: str, found: Mapping[str, Hook], hook: str) -> list[Any]:
    answer = found[hook]() if hook in found else []
    if not isinstance(answer, list | tuple):
        raise PluginError(plugin, f"{hook} returned {type(answer).__name__}", "Return a list.")
    return list(answer)


def _checked_version(plugin: str, found: Mapping[str, Hook]) -> ApiRange:
    wanted = found["billhook_api_version"]() if "billhook_api_version" in found else ApiRange()
    if not isinstance(wanted, ApiRange):
        raise PluginError(plugin, "billhook_api_version returned no ApiRange", "Return billhook.ApiRange(…).")
    if API_VERSION not in wanted:
        ours = ".".join(map(str, API_VERSION))
        raise PluginError(
            plugin, f"it wants contract {wanted}, the panel speaks {ours}", "Install a version of it that fits."
        )
    return wanted


def _provider(plugin: str, classes: list[Any]) -> PaymentProvider | None:
    if not classes:
        return None
    if len(classes) > 1:
        raise PluginError(plugin, "it has several providers", "Return one, or make several plugins.")
    (kind,) = classes
    if not (isinstance(kind, type) and issubclass(kind, PaymentProvider)):
        raise PluginError(plugin, f"{kind!r} is no PaymentProvider class", "Return the class, not an instance.")
    if kind.name != plugin:
        raise PluginError(plugin, f"its provider calls itself {kind.name!r}", f'Set name = "{plugin}".')
    _check_settings(plugin, kind.settings)
    wrong = [setting.key for setting in kind.settings if setting.level is not Level.METHOD]
    if wrong:
        raise PluginError(plugin, f"setting {wrong[0]} of the provider is not at METHOD level", "Move it to the hook.")
    return kind()


def _settings_of_hook(plugin: str, declared: list[Any]) -> tuple[Setting, ...]:
    _check_settings(plugin, declared)
    for setting in declared:
        if setting.level is Level.METHOD:
            raise PluginError(plugin, f"setting {setting.key} is at METHOD level", "Declare it on the provider.")
        if setting.kind is SettingKind.LIQUID:
            remedy = (
                "Declare it on the provider; with inherits_from, the levels above have a template of their own, too."
            )
            raise PluginError(plugin, f"setting {setting.key} is a LIQUID template of no method", remedy)
    return tuple(declared)


def _check_settings(plugin: str, declared: Collection[Any]) -> None:
    for setting in declared:
        if not isinstance(setting, Setting):
            raise PluginError(plugin, f"{setting!r} is no Setting", "Return billhook.Setting values.")
        if not setting.key.isascii() or not setting.key.isidentifier():
            raise PluginError(plugin, f"setting key {setting.key!r} is no ASCII identifier", "Rename it.")
        _check_levels(plugin, setting)


def _check_levels(plugin: str, setting: Setting) -> None:
    chain = CHAINS.get(setting.level)
    if chain is None:
        known = ", ".join(f"Level.{level.name}" for level in Level)
        raise PluginError(plugin, f"setting {setting.key} is at {setting.level!r}, which is no level", f"Use {known}.")
    if setting.highest not in chain:
        above = " or ".join(f"Level.{level.name}" for level in chain[1:]) or "nothing"
        why = f"setting {setting.key} at {setting.level.name} level can't inherit from {setting.inherits_from!r}"
        raise PluginError(plugin, why, f"It can inherit from {above}.")
    if setting.kind is SettingKind.MONEY and Level.OPERATOR in setting.levels:
        remedy = "Let it begin at RESELLER level: the operator has no currency."
        raise PluginError(plugin, f"setting {setting.key} is MONEY at OPERATOR level", remedy)


def _check_keys_once(plugin: str, declared: Collection[Setting]) -> None:
    keys = [setting.key for setting in declared]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise PluginError(plugin, f"two settings have one key, {twice}", "Rename one of them.")


def _watches(plugin: str, declared: list[Any], known: Collection[Setting]) -> tuple[BalanceWatch | ChargeWatch, ...]:
    by_key = {setting.key: setting for setting in known}
    for watch in declared:
        if not isinstance(watch, BalanceWatch | ChargeWatch):
            raise PluginError(plugin, f"{watch!r} is no watch", "Return BalanceWatch(…) or ChargeWatch(…).")
        needed = (SettingKind.MONEY, Level.ACCOUNT)
        if isinstance(watch, ChargeWatch):
            needed = (SettingKind.NUMBER, Level.RESELLER)
        setting = by_key.get(watch.setting)
        if setting is None or (setting.kind, setting.level) != needed:
            raise PluginError(
                plugin,
                f"watch {watch.key} reads {watch.setting!r}",
                f"Declare that setting as {needed[0]} at {needed[1]} level.",
            )
    if len({watch.key for watch in declared}) != len(declared):
        raise PluginError(plugin, "two watches have one key", "Rename one of them.")
    return tuple(declared)


def _pages(plugin: str, declared: list[Any]) -> tuple[Page, ...]:
    for page in declared:
        if not isinstance(page, Page):
            raise PluginError(plugin, f"{page!r} is no Page", "Return billhook.Page values.")
        if not isinstance(page.room, Room):
            raise PluginError(plugin, f"page {page.name!r} stands in room {page.room!r}", "Use a value of Room.")
        if not isinstance(page.access, Access):
            raise PluginError(plugin, f"page {page.name!r} needs {page.access!r}", "Use a value of Access.")
        if not _is_text(page.title):
            raise PluginError(plugin, f"page {page.name!r} has no title", "Give it a text.")
        if page.menu is not None and not _is_text(page.menu):
            raise PluginError(plugin, f"the menu entry of page {page.name!r} is no text", "Give it one, or None.")
    _check_views(plugin, "page", [(page.name, page.view) for page in declared])
    if len({(page.room, page.name) for page in declared}) != len(declared):
        raise PluginError(plugin, "two pages of a room have one name", "Rename one of them.")
    return tuple(declared)


def _links(plugin: str, declared: list[Any]) -> tuple[Link, ...]:
    for link in declared:
        if not isinstance(link, Link):
            raise PluginError(plugin, f"{link!r} is no Link", "Return billhook.Link values.")
        if not isinstance(link.days, int) or isinstance(link.days, bool) or not 1 <= link.days <= LONGEST_DAYS:
            raise PluginError(plugin, f"link {link.name!r} works {link.days!r} days", f"Give it 1 to {LONGEST_DAYS}.")
    _check_views(plugin, "link", [(link.name, link.view) for link in declared])
    if len({link.name for link in declared}) != len(declared):
        raise PluginError(plugin, "two links have one name", "Rename one of them.")
    return tuple(declared)


def _check_views(plugin: str, kind: str, views: list[tuple[Any, Any]]) -> None:
    for name, view in views:
        if not isinstance(name, str) or not _NAME.match(name):
            raise PluginError(
                plugin, f"{kind} name {name!r} is no lower-case identifier", "Use letters a-z, digits, _."
            )
        if not callable(view):
            raise PluginError(plugin, f"the view of {kind} {name} is not callable", "Give it the function itself.")


def _is_text(value: object) -> bool:
    return isinstance(value, LazyText | str) and bool(str(value).strip())


def _folder(module: object, kind: str) -> Path | None:
    """Return a folder of the plugin's package, if it is there."""
    package = getattr(module, "__name__", "")
    if not package or not hasattr(module, "__path__"):
        return None
    folder = Path(str(files(package))) / kind
    return folder if folder.is_dir() else None


def _migrations(plugin: str, folder: Path | None) -> tuple[Migration, ...]:
    return read_history(plugin, folder) if folder else ()


def _prefixed(plugin: str, folder: Path | None) -> Path | None:
    """Let everything in a folder stand under the plugin's name, or two plugins share a file."""
    stray = sorted(entry.name for entry in folder.iterdir() if entry.name != plugin) if folder else []
    if folder and stray:
        kind = folder.name
        raise PluginError(plugin, f"{kind}/{stray[0]} has no prefix", f"Move it to {kind}/{plugin}/.")
    return folder
