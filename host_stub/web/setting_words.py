"""Settings in words: what a field would inherit, and from whom. Never a secret's value."""

from __future__ import annotations

from typing import Final

from billhook import Catalogue, Level, Money, Setting, SettingKind, formats
from billhook.settings import Text

from host_stub.services.settings.setting_levels import Standing

_ = Catalogue("host_stub")

#: A longer text is shown by its beginning.
_MOST: Final = 80


def inherited(standing: Standing, level: Level) -> Text:
    """Return the words beside the tick that gives up an own value; they say what holds then, and from where."""
    words = shown(standing.setting, standing.inherited)
    if level is Level.ACCOUNT:
        return _("As set by the provider: {value}", value=words)
    if level is standing.setting.highest:
        return _("By default: {value}", value=words)
    if standing.source is Level.OPERATOR:
        return _("Inherit, now from the operator: {value}", value=words)
    if standing.source is Level.RESELLER:
        return _("Inherit, now from what is set for all methods: {value}", value=words)
    return _("Inherit, now by default: {value}", value=words)


def shown(setting: Setting, value: object) -> Text:
    """Return a value typed by the setting's kind; of a secret (True or False) only whether there is one."""
    if setting.kind is SettingKind.SECRET:
        return _("is set") if value else _("is not set")
    if setting.kind is SettingKind.SWITCH:
        return _("on") if value else _("off")
    if value in (None, ""):
        return _("nothing is set")
    if isinstance(value, Money):
        return formats.money(value)
    if setting.kind is SettingKind.CHOICE:
        return next((label for key, label in setting.choices if key == value), str(value))
    text = " ".join(str(value).split())
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
