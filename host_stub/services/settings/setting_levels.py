"""Settings at all their levels: what is kept where, what holds in the end, and where that comes from.

Kept values are `{"minor", "currency"}` for a sum, a vault for a secret, JSON for anything else. The rule itself is the
contract's `resolve`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from billhook import Level, Setting, SettingKind
from billhook.settings import resolve
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from host_stub.persistence import OperatorSetting, PluginSetting, Reseller
from host_stub.persistence.store import fetch
from host_stub.services.settings import secret_vaults, setting_values
from host_stub.services.settings.secret_vaults import Opener, Vault

# Built once: a gateway's notification reads them, and building costs more than reading.
_OF_OPERATOR: Final = select(OperatorSetting.key, OperatorSetting.value).where(
    OperatorSetting.plugin == bindparam("of_plugin")
)
_OF_ANY: Final = select(PluginSetting.key, PluginSetting.value).where(
    PluginSetting.reseller_id == bindparam("of_reseller"), PluginSetting.plugin == bindparam("of_plugin")
)
_OF_RESELLER: Final = _OF_ANY.where(PluginSetting.account_id.is_(None))
_OF_ACCOUNT: Final = _OF_ANY.where(PluginSetting.account_id == bindparam("of_account"))

#: What is kept at each level, by key.
Kept = Mapping[Level, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a setting stands at one level.

    value: what holds there; inherited: what would hold without a value of its own. Typed by kind; of a secret only
        whether there is one.
    own: a value is set at this very level. source: the level from which `inherited` comes, None for the default.
    unreadable: it is a secret, set at this very level, that does not open.
    """

    setting: Setting
    value: object
    inherited: object
    own: bool
    source: Level | None
    unreadable: bool = False


def above(session: Session, plugin: str, reseller_id: int | None, settings: Iterable[Setting], level: Level) -> Kept:
    """Return what the levels above `level` keep for a plugin, as far as these settings may come from there."""
    wanted = {each for setting in settings for each in setting.levels} - {level}
    kept: dict[Level, Mapping[str, Any]] = {}
    if Level.RESELLER in wanted and level in (Level.METHOD, Level.ACCOUNT):
        assert reseller_id is not None, "an account or method has its reseller"
        kept[Level.RESELLER] = of_reseller(session, plugin, reseller_id, settings)
    if Level.OPERATOR in wanted:
        kept[Level.OPERATOR] = of_operator(session, plugin)
    return kept


def of_operator(session: Session, plugin: str) -> dict[str, Any]:
    """Return what the operator keeps for a plugin."""
    return dict(session.execute(_OF_OPERATOR, {"of_plugin": plugin}).all())


def of_reseller(
    session: Session, plugin: str, reseller_id: int, settings: Iterable[Setting], account_id: int | None = None
) -> dict[str, Any]:
    """Return what a reseller keeps for a plugin, or what is kept for one of its accounts; sums with their currency."""
    whose = {"of_reseller": reseller_id, "of_plugin": plugin}
    found = (
        session.execute(_OF_RESELLER, whose)
        if account_id is None
        else session.execute(_OF_ACCOUNT, {**whose, "of_account": account_id})
    )
    kept: dict[str, Any] = dict(found.all())
    sums = [s.key for s in settings if s.kind is SettingKind.MONEY and isinstance(kept.get(s.key), int)]
    if sums:
        currency = fetch(session, Reseller, reseller_id).currency
        kept |= {key: {"minor": kept[key], "currency": currency} for key in sums}
    return kept


def has(setting: Setting, kept: Kept, level: Level) -> bool:
    """Say whether a level has a value of its own for a setting."""
    return find(setting, {level: kept.get(level, {})})[1] is not None


def find(setting: Setting, kept: Kept) -> tuple[Any, Level | None]:
    """Return the kept value that holds and its level; the default and None where there is none.

    A secret is returned as it is encrypted.
    """
    if setting.kind is not SettingKind.SECRET:
        return resolve(setting, _without_vaults(setting, kept))
    for level in setting.levels:
        token = secret_vaults.present(kept.get(level, {}).get(setting.key))
        if token:
            return token, level
    return setting.default, None


def _without_vaults(setting: Setting, kept: Kept) -> Kept:
    """Return what is kept without the secrets of a setting that is none any more: nobody shall read their envelope."""
    if not any(isinstance(values.get(setting.key), list) for values in kept.values()):
        return kept
    return {level: {k: v for k, v in values.items() if not isinstance(v, list)} for level, values in kept.items()}


def value(setting: Setting, kept: Kept, keys: Opener | None = None) -> object:
    """Return what holds, typed by kind. A secret is opened with `keys`, and empty without them.

    Raises DecryptionFailed.
    """
    stored, level = find(setting, kept)
    if setting.kind is SettingKind.SECRET:
        return keys.decrypt(str(stored)) if stored and keys is not None else ""
    return setting_values.typed(setting, stored if level is not None else setting.default)


def complete(settings: Sequence[Setting], kept: Kept, keys: Opener | None = None) -> dict[str, object]:
    """Return what holds for every setting, by key. Raises DecryptionFailed."""
    return {setting.key: value(setting, kept, keys) for setting in settings}


def former_secrets(secret: Setting, kept: Kept, at: datetime) -> Vault:
    """Return what held before and is still accepted: replaced at the level that the secret comes from, or below it.

    What was replaced further up never held here while something nearer did.
    """
    found: Vault = []
    for level in secret.levels:
        stored = kept.get(level, {}).get(secret.key)
        found += secret_vaults.former(stored, at)
        if secret_vaults.present(stored):
            break
    return sorted(found, key=lambda each: str(each["replaced_at"]), reverse=True)


def standing(setting: Setting, kept: Kept, level: Level, keys: Opener) -> Standing:
    """Return how a setting stands at a level. kept: at this level and those above it."""
    upper = {each: values for each, values in kept.items() if each is not level}
    _stored, source = find(setting, upper)
    return Standing(
        setting=setting,
        value=_shown(setting, kept),
        inherited=_shown(setting, upper),
        own=find(setting, kept)[1] is level,
        source=source,
        unreadable=_is_unreadable(setting, kept, level, keys),
    )


def _is_unreadable(setting: Setting, kept: Kept, level: Level, keys: Opener) -> bool:
    stored = kept.get(level, {}).get(setting.key)
    return setting.kind is SettingKind.SECRET and not secret_vaults.is_readable(stored, keys)


def _shown(setting: Setting, kept: Kept) -> object:
    if setting.kind is SettingKind.SECRET:
        return bool(find(setting, kept)[0])
    return value(setting, kept)
