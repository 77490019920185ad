"""Settings of plugins at reseller and account level: read with their fallbacks, saved, audited.

An account's own value wins, then the reseller's, then the plugin's default. Sums are kept as whole minor units of the
reseller's currency, secrets encrypted, a deliberately empty value as "", everything else as JSON has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from billhook import Finding, Level, Money, Setting, SettingKind, Severity
from billhook.settings import Text
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import PluginActivation, PluginSetting, Reseller, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.services import ledger, setting_values, watch_levels, watches
from host_stub.services.journal import log


class Cipher(Protocol):
    def encrypt(self, text: str) -> str: ...

    def decrypt(self, token: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose settings of which plugin: the reseller's (no account), or one account's."""

    plugin: str
    reseller_id: int
    account_id: int | None = None


def is_on(session: Session, plugin: str, reseller_id: int) -> bool:
    """Say whether a plugin is on for a reseller."""
    row = session.get(PluginActivation, (reseller_id, plugin))
    return row is not None and row.enabled


def of_account(settings: Sequence[Setting]) -> tuple[Setting, ...]:
    """Return the settings that a customer edits."""
    return tuple(setting for setting in settings if setting.level is Level.ACCOUNT)


def effective(
    session: Session, owner: Owner, settings: Sequence[Setting], keys: Cipher | None = None
) -> dict[str, object]:
    """Return a value for every setting, typed by its kind: the account's own, else the reseller's, else the default.

    keys: opens secrets; without it they are left empty.
    """
    currency = fetch(session, Reseller, owner.reseller_id).currency
    kept = {**_kept(session, Owner(owner.plugin, owner.reseller_id)), **own(session, owner)}
    typed = {s.key: _typed(s, kept[s.key], currency, keys) for s in settings if s.key in kept}
    values = setting_values.complete(tuple(settings), typed)
    secrets = {s.key: typed.get(s.key, "") for s in settings if s.kind is SettingKind.SECRET}
    return {**values, **secrets}


def value(session: Session, owner: Owner, setting: Setting, keys: Cipher | None = None) -> object:
    """Return one setting like `effective`."""
    return effective(session, owner, (setting,), keys)[setting.key]


def own(session: Session, owner: Owner) -> dict[str, Any]:
    """Return what is stored for exactly this owner, by key, as stored."""
    return _kept(session, owner)


def save(
    store: Store,
    scope: Scope,
    owner: Owner,
    settings: Sequence[Setting],
    values: Mapping[str, object],
    *,
    by: Actor,
    keys: Cipher | None = None,
    forgotten: frozenset[str] = frozenset(),
) -> None:
    """Keep typed values by key and take over changed watch levels; what is missing in `values` stays as it was.

    An empty SECRET keeps the present one unless its key is in `forgotten`.
    Raises NotFound, InvalidSettings (Findings, each with its setting); nothing is stored then.
    """
    faults: list[object] = [
        Finding(Severity.ERROR, fault, setting=setting.key)
        for setting in settings
        if setting.key in values and (fault := _fault(setting, values[setting.key])) is not None
    ]
    if faults:
        raise InvalidSettings(faults)
    with store.write(scope) as session:
        _lock(session, owner)
        changed = _write(session, owner, settings, values, keys, forgotten)
        if changed:
            _log(session, owner, by, changed)
            _take_over(session, owner)
    if changed and owner.account_id is None:
        watch_levels.take_over(store, owner.reseller_id)


def reset(store: Store, scope: Scope, owner: Owner, settings: Sequence[Setting], *, by: Actor) -> None:
    """Forget an owner's own values, so that the reseller's (or the plugin's) hold again. Raises NotFound."""
    keys = [setting.key for setting in settings]
    with store.write(scope) as session:
        _lock(session, owner)
        gone = [row for row in session.scalars(_rows(owner)) if row.key in keys]
        for row in gone:
            session.delete(row)
        session.flush()
        if gone:
            _log(session, owner, by, sorted(row.key for row in gone))
            _take_over(session, owner)
    if gone and owner.account_id is None:
        watch_levels.take_over(store, owner.reseller_id)


def _fault(setting: Setting, given: object) -> Text | None:
    if setting.kind is SettingKind.SECRET and not given:
        return None
    return setting_values.fault(setting, given)


def _lock(session: Session, owner: Owner) -> None:
    if owner.account_id is not None:
        account = ledger.lock_account(session, owner.account_id)
        assert account.reseller_id == owner.reseller_id
    else:
        fetch(session, Reseller, owner.reseller_id, lock=True)


def _take_over(session: Session, owner: Owner) -> None:
    if owner.account_id is not None:
        watches.refresh(session, ledger.lock_account(session, owner.account_id))


def _write(
    session: Session,
    owner: Owner,
    settings: Sequence[Setting],
    values: Mapping[str, object],
    keys: Cipher | None,
    forgotten: frozenset[str],
) -> list[str]:
    rows = {row.key: row for row in session.scalars(_rows(owner))}
    changed = []
    for setting in settings:
        if setting.key not in values and setting.key not in forgotten:
            continue
        given = "" if setting.key in forgotten else values[setting.key]
        if setting.kind is SettingKind.SECRET and not given and setting.key not in forgotten:
            continue
        row = rows.get(setting.key)
        stored = _stored(setting, given, keys)
        if row is not None and row.value == stored:
            continue
        if row is None:
            row = PluginSetting(
                reseller_id=owner.reseller_id, account_id=owner.account_id, plugin=owner.plugin, key=setting.key
            )
            session.add(row)
        row.value = stored
        changed.append(setting.key)
    session.flush()
    return sorted(changed)


def _stored(setting: Setting, given: object, keys: Cipher | None) -> object:
    if isinstance(given, Money):
        return given.minor
    if setting.kind is SettingKind.SECRET and given:
        if keys is None:
            raise ValueError(f"secret {setting.key} without a key to encrypt it")
        return keys.encrypt(str(given))
    if isinstance(given, str) and setting.kind is not SettingKind.SECRET:
        return given.strip()
    return "" if given is None else given  # "" says «deliberately empty», where no row means «as above»


def _typed(setting: Setting, kept: object, currency: str, keys: Cipher | None) -> object:
    if setting.kind is SettingKind.MONEY:
        return Money(kept, currency) if isinstance(kept, int) else None
    if setting.kind is SettingKind.NUMBER:
        return kept if isinstance(kept, int) else None
    if setting.kind is SettingKind.SECRET:
        return keys.decrypt(str(kept)) if kept and keys is not None else ""
    return kept


def _rows(owner: Owner) -> Select[PluginSetting]:
    mine = (
        PluginSetting.account_id.is_(None) if owner.account_id is None else PluginSetting.account_id == owner.account_id
    )
    return select(PluginSetting).where(
        PluginSetting.reseller_id == owner.reseller_id, PluginSetting.plugin == owner.plugin, mine
    )


def _kept(session: Session, owner: Owner) -> dict[str, Any]:
    return {row.key: row.value for row in session.scalars(_rows(owner))}


def _log(session: Session, owner: Owner, by: Actor, changed: list[str]) -> None:
    kind, object_id, action = (
        ("account", owner.account_id, "account.settings_changed")
        if owner.account_id is not None
        else ("reseller", owner.reseller_id, "plugin.settings_changed")
    )
    log(session, kind, object_id, action, reseller_id=owner.reseller_id, by=by, plugin=owner.plugin, fields=changed)
