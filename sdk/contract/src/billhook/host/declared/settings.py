"""Settings: kind, level, texts, choices, limits and default fit each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from billhook.host.declared.problems import Problem, Problems, brief, is_whole, members, refuse, twice
from billhook.host.declared.texts import text_problems
from billhook.settings import CHAINS, Level, Setting, SettingKind

#: Types of values; every other kind's are texts.
_TYPES: Final[dict[SettingKind, type]] = {SettingKind.NUMBER: int, SettingKind.SWITCH: bool}
_NO_DEFAULT: Final[dict[SettingKind, tuple[str, str]]] = {
    SettingKind.SECRET: ("is a secret with a default", "Leave the default out: what stands in the code is no secret."),
    SettingKind.MONEY: (
        "is a sum with a default",
        "Leave the default out: each reseller sells in its own currency. Empty means that nobody set it.",
    ),
}


def settings_of_hook(plugin: str, declared: list[Any]) -> tuple[Setting, ...]:
    """Return the settings of `billhook_settings`. Raises PluginError."""
    check_settings(plugin, declared)
    for setting in declared:
        refuse(plugin, _of_hook(setting))
    return tuple(declared)


def _of_hook(setting: Setting) -> Problems:
    if setting.level is Level.METHOD:
        yield Problem(f"setting {setting.key} is at METHOD level", "Declare it on the provider.")
    if setting.kind is SettingKind.LIQUID:
        yield Problem(
            f"setting {setting.key} is a LIQUID template of no method",
            "Declare it on the provider; with inherits_from, the levels above have a template of their own, too.",
        )


def check_settings(plugin: str, declared: Collection[Any]) -> None:
    """Judge each setting alone. Raises PluginError."""
    for setting in declared:
        refuse(plugin, _problems(setting))


def check_keys_once(plugin: str, declared: Collection[Setting]) -> None:
    """No key stands there again. Raises PluginError."""
    key = twice([setting.key for setting in declared])
    if key is not None:
        refuse(plugin, [Problem(f"two settings have one key, {key}", "Rename one of them.")])


def _problems(setting: Any) -> Problems:
    if not isinstance(setting, Setting):
        yield Problem(f"{brief(setting)} is no Setting", "Return billhook.Setting values.")
    key = setting.key
    if not isinstance(key, str) or not key.isascii() or not key.isidentifier():
        yield Problem(f"setting key {brief(key)} is no ASCII identifier", "Rename it.")
    what = f"setting {key}"
    yield from _shapes(setting, what)
    yield from _levels(setting, what)
    yield from _choices(setting, what)
    yield from _limits(setting, what)
    yield from _defaults(setting, what)


def _shapes(setting: Setting, what: str) -> Problems:
    if not isinstance(setting.kind, SettingKind):
        known = ", ".join(f"SettingKind.{kind.name}" for kind in SettingKind)
        yield Problem(f"{what} is of the kind {brief(setting.kind)}, which is no SettingKind", f"Use {known}.")
    yield from text_problems(setting.label, f"the label of {what}")
    yield from text_problems(setting.help, f"the help of {what}", may_be_empty=True)
    yield from text_problems(setting.group, f"the group of {what}", may_be_empty=True)
    if not isinstance(setting.stock, str):
        yield Problem(f"the stock of {what} is {brief(setting.stock)}", "Give it the template's own text.")
    if not isinstance(setting.required, bool):
        yield Problem(f"{what} is required {brief(setting.required)}", "Use True or False.")
    if setting.validator is not None and not callable(setting.validator):
        yield Problem(f"the validator of {what} is {brief(setting.validator)}", "Give it the function itself, or None.")


def _levels(setting: Setting, what: str) -> Problems:
    if not isinstance(setting.level, Level):
        known = ", ".join(f"Level.{level.name}" for level in Level)
        yield Problem(f"{what} is at {brief(setting.level)}, which is no level", f"Use {known}.")
    chain, above = CHAINS[setting.level], setting.inherits_from
    if above is not None and not (isinstance(above, Level) and above in chain):
        known = " or ".join(f"Level.{level.name}" for level in chain[1:]) or "nothing"
        why = f"{what} at {setting.level.name} level can't inherit from {brief(above)}"
        yield Problem(why, f"It can inherit from {known}.")
    if setting.kind is SettingKind.MONEY and Level.OPERATOR in setting.levels:
        remedy = "Let it begin at RESELLER level: the operator has no currency."
        yield Problem(f"{what} is MONEY at OPERATOR level", remedy)


def _choices(setting: Setting, what: str) -> Problems:
    yield from members(setting.choices, f"choices of {what}", "pairs: (key, label)")
    for choice in setting.choices:
        if not isinstance(choice, list | tuple) or len(choice) != 2 or not isinstance(choice[0], str):
            yield Problem(f"a choice of {what} is {brief(choice)}", 'Make each a pair: ("key", _("Label")).')
        yield from text_problems(choice[1], f"the choice {choice[0]!r} of {what}")
    key = twice(_keys(setting.choices))
    if key is not None:
        yield Problem(f"two choices of {what} have one key, {key!r}", "Rename one of them.")
    if setting.kind is SettingKind.CHOICE and not setting.choices:
        yield Problem(f"{what} is a CHOICE of nothing", "Give it choices.")


def _keys(choices: Sequence[tuple[str, Any]]) -> list[str]:
    return [key for key, _label in choices]


def _limits(setting: Setting, what: str) -> Problems:
    for name, limit in (("minimum", setting.minimum), ("maximum", setting.maximum)):
        if limit is not None and not is_whole(limit):
            yield Problem(f"the {name} of {what} is {brief(limit)}", "Give it a whole number, or None.")
    if setting.minimum is not None and setting.maximum is not None and setting.minimum > setting.maximum:
        yield Problem(f"the minimum of {what} is above its maximum", "Exchange them.")


def _defaults(setting: Setting, what: str) -> Problems:
    default, kind = setting.default, setting.kind
    if default is None or (default == "" and kind is SettingKind.SECRET):
        return
    if kind in _NO_DEFAULT:
        why, remedy = _NO_DEFAULT[kind]
        yield Problem(f"{what} {why}", remedy)
    if type(default) is not _TYPES.get(kind, str):
        yield Problem(f"the default {brief(default)} of {what} is not of the kind {kind}", "Give it one that is.")
    if kind is SettingKind.CHOICE and default not in _keys(setting.choices):
        yield Problem(f"the default {brief(default)} of {what} is none of its choices", "Name the key of one.")
    size = len(default) if isinstance(default, str) else default
    least, most = setting.minimum, setting.maximum
    if is_whole(size) and size and not _within(size, least, most):  # 0 and empty mean that nothing is set
        yield Problem(f"the default of {what} is outside {least} … {most}", "Let it keep the setting's own limits.")


def _within(size: Any, least: int | None, most: int | None) -> bool:
    return (least is None or size >= least) and (most is None or size <= most)
