"""Settings of plugins for the operator, a reseller or an account: read, saved, audited.

Sums are kept as whole minor units of the reseller's currency, secrets as vaults, a deliberately empty value as "",
everything else as JSON has it. What holds in the end is decided in `setting_levels`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billhook import Level, Money, Setting
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import InvalidSettings, NotFound
from host_stub.persistence import OperatorSetting, PluginActivation, PluginSetting, Reseller, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.books import ledger
from host_stub.services.charges import watch_levels, watches
from host_stub.services.people import users
from host_stub.services.settings import leaked_secrets, secret_vaults, setting_changes, setting_levels, setting_values
from host_stub.services.settings.leaked_secrets import Leak
from host_stub.services.settings.secret_vaults import Cipher, Opener
from host_stub.services.settings.setting_changes import Change, Place
from host_stub.services.settings.setting_levels import Kept, Standing
from host_stub.services.telling.journal import log


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose settings of which plugin: the operator's (no reseller), a reseller's, or one account's."""

    plugin: str
    reseller_id: int | None = None
    account_id: int | None = None

    @property
    def level(self) -> Level:
        if self.account_id is not None:
            return Level.ACCOUNT
        return Level.OPERATOR if self.reseller_id is None else Level.RESELLER


def is_on(session: Session, plugin: str, reseller_id: int) -> bool:
    """Say whether a plugin is on for a reseller."""
    row = session.get(PluginActivation, (reseller_id, plugin))
    return row is not None and row.enabled


def of_account(settings: Sequence[Setting]) -> tuple[Setting, ...]:
    """Return the settings that a customer edits."""
    return tuple(setting for setting in settings if setting.level is Level.ACCOUNT)


def kept(session: Session, owner: Owner, settings: Sequence[Setting]) -> Kept:
    """Return what is kept for the owner and at the levels above."""
    return {
        owner.level: own(session, owner, settings),
        **setting_levels.above(session, owner.plugin, owner.reseller_id, settings, owner.level),
    }


def own(session: Session, owner: Owner, settings: Sequence[Setting]) -> dict[str, Any]:
    """Return what is kept for exactly this owner, by key."""
    if owner.reseller_id is None:
        return setting_levels.of_operator(session, owner.plugin)
    return setting_levels.of_reseller(session, owner.plugin, owner.reseller_id, settings, owner.account_id)


def effective(
    session: Session, owner: Owner, settings: Sequence[Setting], keys: Opener | None = None
) -> dict[str, object]:
    """Return what holds for the owner by key, typed by kind: the own value, else an inherited one, else the default.

    keys: opens secrets; without it they are left empty.
    """
    return setting_levels.complete(settings, kept(session, owner, settings), keys)


def value(session: Session, owner: Owner, setting: Setting, keys: Opener | None = None) -> object:
    """Return one setting like `effective`."""
    return effective(session, owner, (setting,), keys)[setting.key]


def secrets(session: Session, owner: Owner, secret: Setting, keys: Opener) -> tuple[str, ...]:
    """Return the secret that holds for the owner and those that are still accepted beside it, the present one first."""
    found = kept(session, owner, (secret,))
    present = str(setting_levels.value(secret, found, keys))
    former = setting_levels.former_secrets(secret, found, now(session))
    return tuple(filter(None, (present, *secret_vaults.texts(former, keys))))


def standings(session: Session, owner: Owner, settings: Sequence[Setting], keys: Opener) -> dict[str, Standing]:
    """Return by key how settings stand for the owner: what holds, what would be inherited, and from where."""
    found = kept(session, owner, settings)
    return {setting.key: setting_levels.standing(setting, found, owner.level, keys) for setting in settings}


def save(
    store: Store,
    scope: Scope,
    owner: Owner,
    settings: Sequence[Setting],
    values: Mapping[str, object],
    *,
    by: Actor,
    keys: Cipher | None = None,
) -> None:
    """Keep typed values by key; see `save_change`."""
    save_change(store, scope, owner, settings, Change(values), by=by, keys=keys)


def save_change(
    store: Store,
    scope: Scope,
    owner: Owner,
    settings: Sequence[Setting],
    change: Change,
    *,
    by: Actor,
    keys: Cipher | None = None,
) -> None:
    """Make a change at the owner's level, and take over changed watch levels.

    settings: those that cannot be set at this level are left alone.
    Raises NotFound, InvalidSettings (Findings, each with its setting); nothing is stored then.
    """
    settings = [setting for setting in settings if owner.level in setting.levels]
    refused = setting_changes.entered(settings, change)
    if refused:
        raise InvalidSettings(list(refused))
    with store.write(scope) as session:
        _lock(session, owner)
        before = Place(owner.level, kept(session, owner, settings))
        after = setting_changes.applied(before, settings, change, keys, now(session))
        faults = setting_changes.faults(after, settings, keys, change)
        entered = {key: value for key, value in change.values.items() if key not in change.inherited}
        faults += watch_levels.out_of_reach(session, owner.plugin, owner.account_id, entered)
        if faults:
            raise InvalidSettings(list(faults))
        changed = setting_changes.changed_keys(before, after, settings)
        _write(session, owner, after.own, changed)
        if changed:
            _log(session, owner, by, changed)
            _take_over(session, owner)
        _sweep(session, before, owner, change, keys, by)
    if changed and owner.level is Level.RESELLER:
        watch_levels.take_over(store, owner.reseller_id)


def reset(store: Store, scope: Scope, owner: Owner, settings: Sequence[Setting], *, by: Actor) -> None:
    """Forget an owner's own values, so that the inherited ones (or the plugin's) hold again. Raises NotFound."""
    change = Change(inherited=frozenset(setting.key for setting in settings))
    save_change(store, scope, owner, settings, change, by=by)


def _sweep(session: Session, before: Place, owner: Owner, change: Change, keys: Cipher | None, by: Actor) -> None:
    if owner.account_id is not None or keys is None:
        return
    for key in sorted(change.forgotten):
        leaked = secret_vaults.opened(before.own.get(key), keys)
        if leaked:
            leaked_secrets.sweep(session, Leak(owner.plugin, owner.reseller_id, key, leaked), keys, by)


def _lock(session: Session, owner: Owner) -> None:
    if owner.account_id is not None:
        account = ledger.lock_account(session, owner.account_id)
        assert account.reseller_id == owner.reseller_id
    else:
        fetch(session, Reseller, owner.reseller_id or _operator_id(session), lock=True)


def _operator_id(session: Session) -> int:
    """Return the root reseller, under whom the operator's own doings are logged. Raises NotFound before the set-up."""
    root = users.operator(session)
    if root is None:
        raise NotFound("Reseller", 0)
    return root.id


def _take_over(session: Session, owner: Owner) -> None:
    if owner.account_id is not None:
        watches.refresh(session, ledger.lock_account(session, owner.account_id))


def _write(session: Session, owner: Owner, values: Mapping[str, Any], changed: Sequence[str]) -> None:
    rows = {row.key: row for row in session.scalars(_rows(owner)).all()}
    for key in changed:
        row, stored = rows.get(key), _minor(values.get(key))
        if stored is None or stored == []:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = _new_row(owner, key)
            session.add(row)
        row.value = stored
    session.flush()


def _minor(stored: object) -> object:
    loaded = setting_values.loaded(stored)
    return loaded.minor if isinstance(loaded, Money) else stored


def _new_row(owner: Owner, key: str) -> PluginSetting | OperatorSetting:
    if owner.reseller_id is None:
        return OperatorSetting(plugin=owner.plugin, key=key)
    return PluginSetting(reseller_id=owner.reseller_id, account_id=owner.account_id, plugin=owner.plugin, key=key)


def _rows(owner: Owner) -> Select[Any]:
    if owner.reseller_id is None:
        return select(OperatorSetting).where(OperatorSetting.plugin == owner.plugin)
    mine = (
        PluginSetting.account_id.is_(None) if owner.account_id is None else PluginSetting.account_id == owner.account_id
    )
    return select(PluginSetting).where(
        PluginSetting.reseller_id == owner.reseller_id, PluginSetting.plugin == owner.plugin, mine
    )


def _log(session: Session, owner: Owner, by: Actor, changed: list[str]) -> None:
    if owner.account_id is not None:
        whose, kind, action = owner.account_id, "account", "account.settings_changed"
    elif owner.reseller_id is not None:
        whose, kind, action = owner.reseller_id, "reseller", "plugin.settings_changed"
    else:
        whose, kind, action = _operator_id(session), "reseller", "plugin.settings_of_all_changed"
    reseller_id = owner.reseller_id or whose
    log(session, kind, whose, action, reseller_id=reseller_id, by=by, plugin=owner.plugin, fields=changed)
