"""Watched levels: one event per downward crossing, armed again by rising as `domain.watching` decides."""

from __future__ import annotations

from collections.abc import Collection

from billhook import BalanceThresholdCrossed, Money
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.listening import WatchSpec
from host_stub.domain.watching import has_risen
from host_stub.persistence import Account, BalanceWatch, PluginSetting
from host_stub.persistence.store import listening, now
from host_stub.services.queues import events
from host_stub.services.settings.setting_values import loaded
from host_stub.services.tenants.open_resellers import is_open


def balance_moved(session: Session, account: Account, before_minor: int) -> None:
    """Compare a locked account's balance with its levels after a movement, and tell the plugins that asked.

    While the reseller is closed nobody is warned: the watch stays armed, and the next movement after that tells.
    """
    for watch in _watches(session, account):
        # A pause may have ended since the latest movement: what counts is where the balance came from, too.
        watch.armed = watch.armed or _has_risen(session, watch, max(before_minor, account.balance_minor))
        if account.balance_minor < watch.level_minor:
            _tell_once(session, account, watch)


def _has_risen(session: Session, watch: BalanceWatch, balance_minor: int) -> bool:
    return has_risen(balance_minor, watch.level_minor, watch.told_at, now(session))


def _tell_once(session: Session, account: Account, watch: BalanceWatch) -> None:
    if watch.armed and is_open(session, account.reseller_id):
        watch.armed, watch.told_at = False, now(session)
        _tell(session, account, watch)


def below(session: Session, account: Account) -> set[str]:
    """Return the plugins that told of a level which the balance is still below."""
    unarmed = [each for each in _watches(session, account) if not each.armed]
    return {each.plugin for each in unarmed if account.balance_minor < each.level_minor}


def untold(session: Session, account: Account, plugins: Collection[str]) -> None:
    """Take note that nobody has read what these plugins were told of a locked account: the pause after it is over."""
    if plugins:
        for watch in session.scalars(_of_account(account).where(BalanceWatch.plugin.in_(plugins))):
            watch.told_at = None


def open_account(session: Session, account: Account) -> None:
    """Set up the watches of a new account. At 0 it is below any level, and not warned: the watch starts unarmed."""
    for spec in listening(session).watches_of("balance"):
        level = _level(session, account, spec)
        if level is not None:
            session.add(_row(account, spec, level, armed=account.balance_minor >= level))


def refresh(session: Session, account: Account) -> None:
    """Take over a changed level of a locked account. A level raised above the balance warns once."""
    rows = {(w.plugin, w.key): w for w in _watches(session, account)}
    for spec in listening(session).watches_of("balance"):
        level, watch = _level(session, account, spec), rows.get((spec.plugin, spec.key))
        if level is None:
            if watch is not None:
                session.delete(watch)
            continue
        if watch is None:
            # An account that never moved is new; any other one was, so far, above a level that did not exist.
            watch = _row(account, spec, level, armed=account.event_sequence > 0)
            session.add(watch)
        watch.level_minor = level
        if account.balance_minor >= level:
            watch.armed = True
        else:
            _tell_once(session, account, watch)


def _row(account: Account, spec: WatchSpec, level: int, *, armed: bool) -> BalanceWatch:
    return BalanceWatch(
        reseller_id=account.reseller_id,
        account_id=account.id,
        plugin=spec.plugin,
        key=spec.key,
        level_minor=level,
        armed=armed,
    )


def _watches(session: Session, account: Account) -> list[BalanceWatch]:
    known = {(spec.plugin, spec.key) for spec in listening(session).watches_of("balance")}
    rows = session.scalars(_of_account(account))
    return [row for row in rows if (row.plugin, row.key) in known]


def _of_account(account: Account) -> Select[BalanceWatch]:
    return select(BalanceWatch).where(BalanceWatch.account_id == account.id)


def _level(session: Session, account: Account, spec: WatchSpec) -> int | None:
    """Return the account's level in minor units: its own, else the reseller's.

    Neither operator nor plugin has one: they have no currency.
    """
    query = select(PluginSetting.account_id, PluginSetting.value).where(
        PluginSetting.reseller_id == account.reseller_id,
        PluginSetting.plugin == spec.plugin,
        PluginSetting.key == spec.setting,
        (PluginSetting.account_id == account.id) | PluginSetting.account_id.is_(None),
    )
    found: dict[int | None, object] = {row.account_id: row.value for row in session.execute(query)}
    inherited = found.get(None) if "reseller" in spec.levels else None
    value = loaded(found.get(account.id, inherited))
    if isinstance(value, Money):
        return value.minor
    return value if isinstance(value, int) else None


def _tell(session: Session, account: Account, watch: BalanceWatch) -> None:
    event = BalanceThresholdCrossed(
        reseller_id=account.reseller_id,
        account_id=account.id,
        key=watch.key,
        level_minor=watch.level_minor,
        balance_minor=account.balance_minor,
        at=now(session),
    )
    events.tell(session, account, event, to=watch.plugin)
