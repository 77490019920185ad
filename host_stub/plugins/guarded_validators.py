"""Validators of settings are a plugin's code: asked through its guard, like everything else of it.

Whoever reads a plugin's settings here gets them with validators that neither raise nor hang.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from billhook import Catalogue, Setting, SettingKind
from billhook.host.loading import LoadedPlugin
from billhook.settings import Text

from host_stub.plugins import masking
from host_stub.plugins.errors import PluginUnavailable

_ = Catalogue("host_stub")

#: Calls a plugin's code: its name, the place, the function, the arguments.
Call = Callable[..., Text | None]
PLACE = "validator"


def with_guarded_validators(plugin: LoadedPlugin, call: Call) -> LoadedPlugin:
    """Return the plugin with validators that go through `call`; one that fails refuses the value."""
    if plugin.provider is not None:
        # On this one instance: the class is the plugin's own.
        for declared in ("settings", "asks"):
            vars(plugin.provider)[declared] = _guarded(plugin.name, getattr(plugin.provider, declared), call)
    return replace(plugin, settings=_guarded(plugin.name, plugin.settings, call))


def _guarded(plugin: str, settings: Iterable[Setting], call: Call) -> tuple[Setting, ...]:
    return tuple(
        replace(each, validator=_asked(plugin, each, each.validator, call)) if each.validator is not None else each
        for each in settings
    )


def _asked(
    plugin: str, setting: Setting, validator: Callable[[object], Text | None], call: Call
) -> Callable[[object], Text | None]:
    def judge(value: object) -> Text | None:
        if setting.kind is SettingKind.SECRET:
            masking.given([str(value)])
        return validator(value)

    def ask(value: object) -> Text | None:
        try:
            return call(plugin, PLACE, judge, value)
        except PluginUnavailable:
            return _("The plugin could not check this value, so it is not taken. The operator sees what happened.")

    return ask
