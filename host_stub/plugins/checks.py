"""What a plugin must fulfil before it is loaded. Every check raises PluginError with the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from billhook import (
    API_VERSION,
    ApiRange,
    BalanceWatch,
    ChargeWatch,
    LazyText,
    Level,
    PaymentProvider,
    PluginError,
    Setting,
    SettingKind,
    hooks,
)

_NAME = re.compile(r"\A[a-z][a-z0-9_]*\Z", re.ASCII)
#: Folders of the host's own templates and the first parts of receivers and sources: a plugin may not pass for them.
RESERVED: Final = frozenset(
    {"auth", "billhook", "components", "customer", "errors", "layouts", "operator", "plugin", "reseller"}
    | {"approval", "charge", "correction", "host_stub", "mail", "provisioning", "reversal"}
)
_ORDERING: Final = ("wrapper", "hookwrapper", "tryfirst", "trylast", "optionalhook")


def name(plugin: str) -> None:
    """The entry point's name stands in addresses, table names and template folders."""
    if not _NAME.match(plugin):
        raise PluginError(plugin, "its name is not a lower-case identifier", "Use letters a-z, digits and _.")
    if plugin in RESERVED:
        raise PluginError(plugin, "its name is taken by the host", "Choose another entry point name.")


def no_duplicate(plugin: str, loaded: Collection[str]) -> None:
    if plugin in loaded:
        raise PluginError(plugin, "two distributions provide it", "Uninstall one of them.")


def markers(plugin: str, module: object) -> None:
    """Refuse ordering, wrappers, and hooks that lack their marker and would silently never be called."""
    for attribute in dir(module):
        function = getattr(module, attribute, None)
        options = getattr(function, f"{hooks.PROJECT}_impl", None)
        if isinstance(options, dict):
            used = [option for option in _ORDERING if options.get(option)]
            if used:
                raise PluginError(plugin, f"{attribute} uses {used[0]}", "Write a plain @hookimpl.")
        elif attribute.startswith("billhook_") and callable(function) and hasattr(hooks, attribute):
            raise PluginError(plugin, f"{attribute} has no marker", "Put @hookimpl above it.")


def title(plugin: str, answer: Callable[..., Any] | None) -> LazyText | str:
    """Return the name for people; without one the plugin's own."""
    text = answer() if answer else plugin
    if not isinstance(text, LazyText | str):
        raise PluginError(plugin, f"billhook_plugin_title returned {type(text).__name__}", "Return a text.")
    return text


def collected(plugin: str, hook: str, answer: object) -> list[Any]:
    """Return what a collector answered."""
    if not isinstance(answer, list | tuple):
        raise PluginError(plugin, f"{hook} returned {type(answer).__name__}", "Return a list.")
    return list(answer)


def api_version(plugin: str, answer: Callable[..., Any] | None) -> None:
    """Refuse a plugin that wants another version of the contract; without a word it wants this major one."""
    wanted = answer() if answer else ApiRange()
    if not isinstance(wanted, ApiRange):
        raise PluginError(plugin, "billhook_api_version returned no ApiRange", "Return billhook.ApiRange(…).")
    if API_VERSION not in wanted:
        spoken = ".".join(map(str, API_VERSION))
        raise PluginError(
            plugin, f"it wants contract {wanted}, the panel speaks {spoken}", "Install a version of it that fits."
        )


def provider(plugin: str, classes: list[Any]) -> PaymentProvider | None:
    """Return the instance of the plugin's provider, if it has one."""
    if not classes:
        return None
    if len(classes) > 1:
        raise PluginError(plugin, "it has several providers", "Return one, or make several plugins.")
    (kind,) = classes
    if not (isinstance(kind, type) and issubclass(kind, PaymentProvider)):
        raise PluginError(plugin, f"{kind!r} is no PaymentProvider class", "Return the class, not an instance.")
    if kind.name != plugin:
        raise PluginError(plugin, f"its provider calls itself {kind.name!r}", f'Set name = "{plugin}".')
    _keys(plugin, kind.settings)
    wrong = [setting.key for setting in kind.settings if setting.level is not Level.METHOD]
    if wrong:
        raise PluginError(plugin, f"setting {wrong[0]} of the provider is not at METHOD level", "Move it to the hook.")
    return kind()


def settings(plugin: str, declared: list[Any]) -> tuple[Setting, ...]:
    _keys(plugin, declared)
    wrong = [setting.key for setting in declared if setting.level is Level.METHOD]
    if wrong:
        raise PluginError(plugin, f"setting {wrong[0]} is at METHOD level", "Declare it on the provider.")
    return tuple(declared)


def watches(plugin: str, declared: list[Any], known: Collection[Setting]) -> tuple[BalanceWatch | ChargeWatch, ...]:
    """Every watch reads a setting of the kind and level that it needs."""
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
        raise PluginError(plugin, "two watches have one key")
    return tuple(declared)


def templates(plugin: str, module: object) -> Path | None:
    """Return the `templates` folder. Everything in it stands under the plugin's name, or two plugins share a file."""
    package = getattr(module, "__name__", "")
    if not package or not hasattr(module, "__path__"):
        return None
    folder = Path(str(files(package))) / "templates"
    if not folder.is_dir():
        return None
    stray = sorted(entry.name for entry in folder.iterdir() if entry.name != plugin)
    if stray:
        raise PluginError(plugin, f"templates/{stray[0]} has no prefix", f"Move it to templates/{plugin}/.")
    return folder


def _keys(plugin: str, declared: Collection[Any]) -> None:
    for setting in declared:
        if not isinstance(setting, Setting):
            raise PluginError(plugin, f"{setting!r} is no Setting")
        if not setting.key.isascii() or not setting.key.isidentifier():
            raise PluginError(plugin, f"setting key {setting.key!r} is no ASCII identifier")
    if len({setting.key for setting in declared}) != len(declared):
        raise PluginError(plugin, "two settings have one key")
