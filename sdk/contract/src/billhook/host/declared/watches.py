"""Watches: each reads a setting whose value can be a level, or a number of days."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from billhook.events import BalanceWatch, ChargeWatch
from billhook.host.declared.problems import Problem, Problems, brief, refuse
from billhook.settings import Level, Setting, SettingKind


def watches_of(plugin: str, declared: list[Any], known: Collection[Setting]) -> tuple[BalanceWatch | ChargeWatch, ...]:
    """Return the watches of `billhook_watches`. known: the settings of `billhook_settings`. Raises PluginError."""
    by_key = {setting.key: setting for setting in known}
    for watch in declared:
        refuse(plugin, _problems(watch, by_key))
    if len({watch.key for watch in declared}) != len(declared):
        refuse(plugin, [Problem("two watches have one key", "Rename one of them.")])
    return tuple(declared)


def _problems(watch: Any, known: Mapping[str, Setting]) -> Problems:
    if not isinstance(watch, BalanceWatch | ChargeWatch):
        yield Problem(f"{brief(watch)} is no watch", "Return BalanceWatch(…) or ChargeWatch(…).")
    if not isinstance(watch.key, str) or not watch.key:
        yield Problem(f"the key of a watch is {brief(watch.key)}", "Give it a short text.")
    needed = (SettingKind.MONEY, Level.ACCOUNT)
    if isinstance(watch, ChargeWatch):
        needed = (SettingKind.NUMBER, Level.RESELLER)
    setting = known.get(watch.setting) if isinstance(watch.setting, str) else None
    if setting is None or (setting.kind, setting.level) != needed:
        yield Problem(
            f"watch {watch.key} reads {brief(watch.setting)}",
            f"Declare that setting as {needed[0]} at {needed[1]} level.",
        )
