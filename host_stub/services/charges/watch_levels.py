"""Levels of balance watches that hold for a whole reseller: taken over account by account.

Whoever changes the setting begins; what a crash leaves behind, the worker goes on with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from billhook import Catalogue, Finding, LazyText, Money, Severity
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from host_stub.domain.listening import WatchSpec
from host_stub.persistence import Account, BalanceWatch, PluginSetting, Reseller, Store
from host_stub.persistence.store import fetch, listening
from host_stub.services.books import ledger
from host_stub.services.charges import watches
from host_stub.services.settings.setting_values import loaded

_ = Catalogue("host_stub")
_logger = structlog.get_logger(__name__)


def out_of_reach(session: Session, plugin: str, account_id: int | None, values: Mapping[str, object]) -> list[Finding]:
    """Return what is wrong with levels that no charge takes the balance below, each with its setting.

    values: what is to be kept of a plugin's settings, by key; of an account, or of a reseller for all accounts.
    """
    watched = {each.setting for each in listening(session).watches_of("balance") if each.plugin == plugin}
    levels = {key: value for key, value in values.items() if key in watched and isinstance(value, Money)}
    limit = min(fetch(session, Account, account_id).threshold_minor, 0) if account_id is not None else 0
    return [
        Finding(Severity.ERROR, _below_limit(Money(limit, level.currency), account_id), setting=key)
        for key, level in levels.items()
        if level.minor < limit
    ]


def _below_limit(limit: Money, account_id: int | None) -> LazyText:
    if account_id is None:
        return _("A level below zero is set for a single customer, who may owe.")
    return _("Charges take the balance down to {limit} and no further: set the level there or above.", limit=limit)


def take_over(store: Store, reseller_id: int | None = None) -> int:
    """Give every account without a level of its own its reseller's, a short transaction each; return how many.

    reseller_id: whose accounts; everybody's if left out. An account that is up to date is not touched, one that fails
    is logged and keeps no other.
    """
    with store.read() as session:
        behind = _behind(session, reseller_id)
    return sum(_refresh(store, account_id) for account_id in behind)


def _behind(session: Session, reseller_id: int | None) -> Sequence[int]:
    resellers = select(Reseller.id).order_by(Reseller.id)
    if reseller_id is not None:
        resellers = resellers.where(Reseller.id == reseller_id)
    known = session.scalars(resellers).all()
    found = [
        account_id
        for spec in listening(session).watches_of("balance")
        for each in known
        for account_id in session.scalars(_outdated(session, spec, each))
    ]
    return list(dict.fromkeys(found))


def _outdated(session: Session, spec: WatchSpec, reseller_id: int) -> Select[Any]:
    """Return the query for a reseller's accounts whose watch does not stand at the reseller's level."""
    setting = (
        PluginSetting.reseller_id == reseller_id,
        PluginSetting.plugin == spec.plugin,
        PluginSetting.key == spec.setting,
    )
    own = select(PluginSetting.account_id).where(*setting, PluginSetting.account_id.is_not(None))
    watch = and_(
        BalanceWatch.account_id == Account.id, BalanceWatch.plugin == spec.plugin, BalanceWatch.key == spec.key
    )
    query = (
        select(Account.id)
        .outerjoin(BalanceWatch, watch)
        .where(Account.reseller_id == reseller_id, Account.id.not_in(own))
        .order_by(Account.id)
    )
    kept = session.scalars(
        select(PluginSetting.value).where(*setting, PluginSetting.account_id.is_(None))
    ).one_or_none()
    value = loaded(kept) if "reseller" in spec.levels else None
    level = value.minor if isinstance(value, Money) else value
    if not isinstance(level, int):
        return query.where(BalanceWatch.account_id.is_not(None))
    return query.where(BalanceWatch.account_id.is_(None) | (BalanceWatch.level_minor != level))


def _refresh(store: Store, account_id: int) -> bool:
    try:
        with store.write() as session:
            watches.refresh(session, ledger.lock_account(session, account_id))
    except Exception as error:  # noqa: BLE001  one broken account must not stop the others
        _logger.error("watch_level_failed", account_id=account_id, error=f"{type(error).__name__}: {error}")
        return False
    return True
