"""Load one plugin: the rules that every host applies. Every fault is a PluginError that names the remedy.

Files are found by convention in the plugin's package: `templates/<plugin>/`, `static/<plugin>/`, `locale/<language>/`,
`migrations/`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from importlib.resources import files
from inspect import Parameter, isroutine, signature
from pathlib import Path
from typing import Any, Final

import pluggy

from billhook import hooks
from billhook.errors import PluginError
from billhook.events import BalanceWatch, ChargeWatch
from billhook.host.declared.problems import NAME, Problem, Problems, is_whole, refuse
from billhook.host.declared.providers import provider_of
from billhook.host.declared.rooms import links_of, pages_of
from billhook.host.declared.settings import check_keys_once, settings_of_hook
from billhook.host.declared.texts import catalogue_problems, text_problems
from billhook.host.declared.watches import watches_of
from billhook.host.history import Migration, read_history
from billhook.host.places import COLLECTORS, EVENTS
from billhook.pages import Link, Page, Room
from billhook.provider import PaymentProvider
from billhook.settings import Level, Setting, Text
from billhook.versions import API_VERSION, ApiRange

#: Options of pluggy's marker: a plugin has one implementation of a hook, under the hook's own name, in no order.
_REFUSED: Final = ("wrapper", "hookwrapper", "tryfirst", "trylast", "optionalhook", "specname")
_SPECIFIED: Final = COLLECTORS | EVENTS.keys()
#: PostgreSQL cuts identifiers at 63 characters, and every table and index of a plugin begins with its name.
LONGEST_NAME: Final = 30
#: What every host has of its own: addresses and catalogues; SQLite's own tables.
_NOBODYS: Final = frozenset({"billhook", "sqlite"})

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
        return {name: hook for name, hook in self.hooks.items() if name in EVENTS}

    def page(self, room: Room, name: str) -> Page | None:
        return next((page for page in self.pages if (page.room, page.name) == (room, name)), None)

    def link(self, name: str) -> Link | None:
        return next((link for link in self.links if link.name == name), None)


def load(name: str, module: object, ask: Ask | None = None, *, reserved: Collection[str] = frozenset()) -> LoadedPlugin:
    """Load a plugin: a module, or any object with hook implementations.

    ask: through which the host asks the collectors; otherwise they are simply called.
    reserved: names that stand for something of the host: its tables begin with them, its rooms or sources bear them.
    Raises PluginError; what a collector raises passes through.
    """
    check_name(name, reserved)
    _check_markers(name, module)
    refuse(name, _catalogues(module))
    implementations, retired = _implementations(name, module)
    found = {hook: partial(ask, hook, each) for hook, each in implementations.items()} if ask else implementations
    api = _checked_version(name, found)
    settings = settings_of_hook(name, _collect(name, found, "billhook_settings"))
    provider = provider_of(name, _collect(name, found, "billhook_payment_providers"))
    check_keys_once(name, (*settings, *(provider.settings if provider else ())))
    return LoadedPlugin(
        name=name,
        title=_title(name, found),
        provider=provider,
        settings=settings,
        watches=watches_of(name, _collect(name, found, "billhook_watches"), settings),
        pages=pages_of(name, _collect(name, found, "billhook_pages")),
        links=links_of(name, _collect(name, found, "billhook_links")),
        hooks=implementations,
        package=getattr(module, "__name__", ""),
        templates=_own(name, _folder(module, "templates")),
        static=_own(name, _folder(module, "static")),
        migrations=_migrations(name, _folder(module, "migrations")),
        api=api,
        retired=retired,
    )


def check_name(plugin: str, reserved: Collection[str] = frozenset()) -> None:
    """Return if a plugin may have that name. reserved: see `load`. Raises PluginError."""
    if not NAME.match(plugin):
        raise PluginError(plugin, "its name is not a lower-case identifier", "Use letters a-z, digits and _.")
    if plugin in _NOBODYS or plugin in reserved:
        raise PluginError(plugin, "its name is taken by the host", "Choose another entry point name.")
    if len(plugin) > LONGEST_NAME:
        why = f"its name is longer than {LONGEST_NAME} characters"
        raise PluginError(plugin, why, "Choose a shorter entry point name: its tables' names begin with it.")


def _check_markers(plugin: str, module: object) -> None:
    for attribute in dir(module):
        function = getattr(module, attribute, None)
        options = getattr(function, f"{hooks.PROJECT}_impl", None)
        if isinstance(options, dict):
            used = [option for option in _REFUSED if options.get(option)]
            if used:
                remedy = "Write a plain @hookimpl above a function of the hook's own name."
                raise PluginError(plugin, f"{attribute} uses {used[0]}", remedy)
        elif attribute in _SPECIFIED or (attribute.startswith("billhook_") and isroutine(function)):
            refuse(plugin, _unmarked(attribute, function))


def _unmarked(attribute: str, function: object) -> Problems:
    """Say what is wrong with what is named like a hook and has no marker."""
    if attribute in _SPECIFIED:
        if callable(function):
            yield Problem(f"{attribute} has no marker", "Put @hookimpl above it.")
        return
    near = get_close_matches(attribute, sorted(_SPECIFIED), 1)
    meant = f"If you meant {near[0]}, call it so; if" if near else "If"
    yield Problem(f"{attribute} is no hook", f"{meant} it is a function of your own, begin its name with another word.")


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
    refuse(plugin, text_problems(title, "billhook_plugin_title"))
    text: Text = title
    return text


def _collect(plugin: str, found: Mapping[str, Hook], hook: str) -> list[Any]:
    answer = found[hook]() if hook in found else []
    if not isinstance(answer, list | tuple):
        raise PluginError(plugin, f"{hook} returned {type(answer).__name__}", "Return a list.")
    return list(answer)


def _checked_version(plugin: str, found: Mapping[str, Hook]) -> ApiRange:
    wanted = found["billhook_api_version"]() if "billhook_api_version" in found else ApiRange()
    if not isinstance(wanted, ApiRange) or not (_is_version(wanted.since) and _is_version(wanted.before)):
        raise PluginError(
            plugin, "billhook_api_version returned no ApiRange", "Return billhook.ApiRange((1, 0), (2, 0))."
        )
    if API_VERSION not in wanted:
        ours = ".".join(map(str, API_VERSION))
        raise PluginError(
            plugin, f"it wants contract {wanted}, the panel speaks {ours}", "Install a version of it that fits."
        )
    return wanted


def _is_version(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_whole, value))


def _folder(module: object, kind: str) -> Path | None:
    """Return a folder of the plugin's package, if it is there."""
    package = getattr(module, "__name__", "")
    if not package or not hasattr(module, "__path__"):
        return None
    folder = Path(str(files(package))) / kind
    return folder if folder.is_dir() else None


def _catalogues(module: object) -> Problems:
    if _folder(module, "locale") is not None:
        yield from catalogue_problems(getattr(module, "__name__", ""))


def _migrations(plugin: str, folder: Path | None) -> tuple[Migration, ...]:
    return read_history(plugin, folder) if folder else ()


def _own(plugin: str, folder: Path | None) -> Path | None:
    """Everything in a folder stands under the plugin's name, or two plugins share a file, and in its package."""
    if folder is None:
        return None
    kind = folder.name
    stray = sorted(entry.name for entry in folder.iterdir() if entry.name != plugin)
    if stray:
        raise PluginError(plugin, f"{kind}/{stray[0]} has no prefix", f"Move it to {kind}/{plugin}/.")
    away = next(_leading_away(folder, folder.parent), None)
    if away is not None:
        shown = away.relative_to(folder.parent).as_posix()
        raise PluginError(plugin, f"{shown} leads out of the package", "Put the file itself there, not a link to it.")
    return folder


def in_package(path: Path, package: Path) -> bool:
    """Say whether a file or folder of a package stands in it, wherever links lead.

    package: its folder. It may be a link itself, as in an editable install, or hold links to files that stand together
    elsewhere: where its `__init__.py` stands is the package, too.
    """
    roots = (package.resolve(), (package / "__init__.py").resolve().parent)
    return any(path.resolve().is_relative_to(root) for root in roots)


def _leading_away(folder: Path, package: Path, seen: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield what is below a folder and not in its package. seen: folders on the way here, since links may go round."""
    if not in_package(folder, package):
        yield folder
        return
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and entry.resolve() not in seen:
            yield from _leading_away(entry, package, seen | {folder.resolve()})
        elif not in_package(entry, package):
            yield entry
