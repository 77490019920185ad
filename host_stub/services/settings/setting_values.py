"""Values of settings that plugins declared: stored, read back, checked. One place for methods, resellers, accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billhook import Catalogue, Money, Setting, SettingKind
from billhook.addresses import addresses, is_address
from billhook.host.effects import MOST_RECIPIENTS
from billhook.settings import Text

_ = Catalogue("host_stub")

_TEXTS: Final = frozenset(
    {SettingKind.TEXT, SettingKind.MULTILINE, SettingKind.SECRET, SettingKind.EMAILS, SettingKind.LIQUID}
)
_TYPES: Final[Mapping[SettingKind, type]] = {
    SettingKind.SWITCH: bool,
    SettingKind.NUMBER: int,
    SettingKind.MONEY: Money,
}
#: What a setting of these kinds is without a value.
_EMPTY: Final[Mapping[SettingKind, object]] = {
    SettingKind.SWITCH: False,
    SettingKind.NUMBER: None,
    SettingKind.MONEY: None,
}


def stored(value: object) -> object:
    """Return a value as it is kept in JSON; a sum with its currency."""
    return {"minor": value.minor, "currency": value.currency} if isinstance(value, Money) else value


def loaded(value: object) -> object:
    """Return what `stored` was given."""
    if isinstance(value, dict) and value.keys() == {"minor", "currency"}:
        return Money(value["minor"], value["currency"])
    return value


def typed(setting: Setting, kept: object) -> object:
    """Return a kept value or a default, typed by the setting's kind. An empty LIQUID text becomes the stock one."""
    value = loaded(kept)
    if setting.kind in _TYPES and not isinstance(value, _TYPES[setting.kind]):
        return _EMPTY[setting.kind]
    if value is None:
        value = ""
    return (value or setting.stock) if setting.kind is SettingKind.LIQUID else value


def fault(setting: Setting, value: object) -> Text | None:
    """Return what is wrong with a value typed by the setting's kind, in words that say what to do; None if nothing.

    The plugin is not asked, so this may stand inside a unit.
    """
    if value is None or value == "":
        return _("Fill this in.") if setting.required else None
    return _kind_fault(setting, value)


def refusal(setting: Setting, value: object) -> Text | None:
    """Return what the plugin's validator has against a value that is otherwise in order. Never inside a unit."""
    if setting.validator is None or value is None or value == "" or _kind_fault(setting, value) is not None:
        return None
    return setting.validator(value)


def _kind_fault(setting: Setting, value: object) -> Text | None:
    if setting.kind is SettingKind.CHOICE and value not in {key for key, _label in setting.choices}:
        return _("Choose one of the list.")
    if setting.kind is SettingKind.EMAILS:
        found = addresses(value)
        if len(found) > MOST_RECIPIENTS:
            return _("At most {count} addresses.", count=MOST_RECIPIENTS)
        wrong = next((address for address in found if not is_address(address)), None)
        if wrong is not None:
            return _("{address} is not an e-mail address.", address=wrong)
    if setting.kind is SettingKind.NUMBER and isinstance(value, int):
        return _limits(setting, value, str)
    if isinstance(value, Money):
        return _limits(setting, value.minor, lambda minor: Money(minor, value.currency).plain())
    return _length(setting, str(value)) if setting.kind in _TEXTS else None


def _limits(setting: Setting, number: int, shown: object) -> Text | None:
    show = shown if callable(shown) else str
    if setting.minimum is not None and number < setting.minimum:
        return _("The least value is {limit}.", limit=show(setting.minimum))
    if setting.maximum is not None and number > setting.maximum:
        return _("The greatest value is {limit}.", limit=show(setting.maximum))
    return None


def _length(setting: Setting, text: str) -> Text | None:
    if setting.minimum is not None and len(text) < setting.minimum:
        return _("At least {count} characters.", count=setting.minimum)
    if setting.maximum is not None and len(text) > setting.maximum:
        return _("At most {count} characters.", count=setting.maximum)
    return None
