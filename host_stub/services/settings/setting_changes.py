"""What shall change at one level, applied to what is kept there. Pure: tried before it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from billhook import Finding, Level, Setting, SettingKind, Severity
from billhook.settings import Text

from host_stub.adapters.keys import DecryptionFailed
from host_stub.domain.texts import clean_line, clean_text
from host_stub.services.settings import secret_vaults, setting_levels, setting_values
from host_stub.services.settings.secret_vaults import Cipher, Opener
from host_stub.services.settings.setting_levels import Kept

_LINES = (SettingKind.MULTILINE, SettingKind.EMAILS)
#: An empty value of these never says «nothing, on purpose».
_NOTHING_SAID = (SettingKind.CHOICE, SettingKind.LIQUID)


@dataclass(frozen=True, slots=True)
class Change:
    """What is wanted at one level.

    values: typed by kind, by key; what is missing stays as it is. An empty SECRET keeps the present one.
    inherited: keys that shall have no value here any more, so that the level above holds.
    forgotten: keys of secrets that must not count from now on, nor what they replaced: only what `values` has for them.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change happens. kept: what stands at this level and above it. is_new: nothing has held here so far."""

    level: Level
    kept: Kept
    is_new: bool = False

    @property
    def own(self) -> Mapping[str, Any]:
        return self.kept.get(self.level, {})

    @property
    def above(self) -> Kept:
        return {level: values for level, values in self.kept.items() if level is not self.level}

    def with_own(self, values: Mapping[str, Any]) -> Place:
        return Place(self.level, {**self.kept, self.level: values}, self.is_new)


def applied(place: Place, settings: Iterable[Setting], change: Change, keys: Cipher | None, at: datetime) -> Place:
    """Return the place with the change made."""
    own = dict(place.own)
    for setting in settings:
        if setting.kind is SettingKind.SECRET:
            _apply_secret(own, setting, change, place, keys, at)
        elif setting.key in change.inherited:
            own.pop(setting.key, None)
        elif setting.key in change.values:
            _apply_value(own, setting, change.values[setting.key], place.level)
    return place.with_own(own)


def _apply_value(own: dict[str, Any], setting: Setting, given: object, level: Level) -> None:
    given = _tidied(setting, given)
    if given in (None, "") and _says_nothing(setting, level):
        own.pop(setting.key, None)
        return
    own[setting.key] = "" if given is None else setting_values.stored(given)


def _tidied(setting: Setting, given: object) -> object:
    if not isinstance(given, str):
        return given
    if setting.kind in _LINES:
        return clean_text(given)
    return clean_line(given) if setting.kind is SettingKind.TEXT else given


def _says_nothing(setting: Setting, level: Level) -> bool:
    """Say whether an empty value at a level means that nothing is set, instead of «nothing, on purpose»."""
    if setting.kind in _NOTHING_SAID:
        return True
    if level is setting.level:
        return False
    return setting.required or (level is setting.highest and setting.default in (None, ""))


def _apply_secret(
    own: dict[str, Any], setting: Setting, change: Change, place: Place, keys: Cipher | None, at: datetime
) -> None:
    key = setting.key
    if key in change.forgotten:
        own.pop(key, None)
    fresh = str(change.values.get(key) or "")
    if keys is not None and (fresh or key in change.inherited) and not secret_vaults.is_readable(own.get(key), keys):
        own.pop(key)
    stored = own.get(key)
    if key in change.inherited:
        if secret_vaults.present(stored):
            own[key] = secret_vaults.retired(stored, at)
    elif fresh:
        if keys is None:
            raise ValueError(f"secret {key} without a key to encrypt it")
        present = secret_vaults.present(stored)
        if present and keys.decrypt(present) == fresh:
            return
        before = [] if present or key in change.forgotten else _inherited_until_now(setting, place, at)
        own[key] = secret_vaults.renewed(stored, fresh, keys, at, before)


def _inherited_until_now(secret: Setting, place: Place, at: datetime) -> secret_vaults.Vault:
    """Return what this place inherited and now replaces, as replaced at this moment; and what that had replaced."""
    token, source = setting_levels.find(secret, place.above)
    if place.is_new or source is None or not token:
        return []
    return [
        {"value": token, "replaced_at": at.isoformat()},
        *setting_levels.former_secrets(secret, place.above, at),
    ]


def changed_keys(before: Place, after: Place, settings: Iterable[Setting]) -> list[str]:
    """Return the keys whose kept values differ, sorted."""
    return sorted(s.key for s in settings if before.own.get(s.key) != after.own.get(s.key))


def faults(
    place: Place, settings: Iterable[Setting], keys: Opener | None, change: Change | None = None
) -> list[Finding]:
    """Return what is wrong with the values that hold at a place, each with its setting.

    A value is required at the setting's own level only, where all levels have been asked.
    change: check what it touches, and nothing else.
    """
    found = []
    for setting in settings:
        if change is None or setting.key in {*change.values, *change.inherited, *change.forgotten}:
            fault = _fault(setting, place, keys)
            if fault is not None:
                found.append(Finding(Severity.ERROR, fault, setting=setting.key))
    return found


def entered(settings: Iterable[Setting], change: Change) -> list[Finding]:
    """Return what plugins' validators have against the entered values, each with its setting. Never inside a unit."""
    refused = []
    for setting in settings:
        if setting.key in change.values and setting.key not in change.inherited:
            fault = setting_values.refusal(setting, _tidied(setting, change.values[setting.key]))
            if fault is not None:
                refused.append(Finding(Severity.ERROR, fault, setting=setting.key))
    return refused


def refusals(place: Place, settings: Iterable[Setting], keys: Opener) -> list[Finding]:
    """Return what plugins' validators have against the values that hold at a place. Never inside a unit."""
    found = []
    for setting in settings:
        fault = _refusal(setting, place, keys) if setting.validator else None
        if fault is not None:
            found.append(Finding(Severity.ERROR, fault, setting=setting.key))
    return found


def _refusal(setting: Setting, place: Place, keys: Opener | None) -> Text | None:
    try:
        return setting_values.refusal(setting, setting_levels.value(setting, place.kept, keys))
    except DecryptionFailed:
        return None  # `faults` tells


def _fault(setting: Setting, place: Place, keys: Opener | None) -> Text | None:
    try:
        value = setting_levels.value(setting, place.kept, keys)
    except DecryptionFailed:
        return secret_vaults.UNREADABLE
    is_closed = setting.kind is SettingKind.SECRET and keys is None and setting_levels.find(setting, place.kept)[0]
    if is_closed or (value in (None, "") and place.level is not setting.level):
        return None
    return setting_values.fault(setting, value)
