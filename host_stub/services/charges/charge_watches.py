"""Watches for coming daily and monthly charges that the balance will not cover: one event per episode, one a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from billhook import ChargeUncovered, Money
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.charging import Charged, Period, coming_charges, days_later, first_uncovered
from host_stub.domain.listening import WatchSpec
from host_stub.domain.watching import may_tell_charge
from host_stub.persistence import (
    Account,
    BalanceWatch,
    OperatorSetting,
    Plan,
    PluginActivation,
    PluginSetting,
    Reseller,
    Store,
    Subscription,
    SubscriptionStatus,
)
from host_stub.persistence.store import fetch, listening, now
from host_stub.services.books import ledger
from host_stub.services.charges import running
from host_stub.services.queues import events
from host_stub.services.tenants.open_resellers import closed, is_open

#: Nobody plans further ahead, and the hours until then are counted one by one.
FARTHEST_DAYS: Final = 31

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch as one reseller has it. days: how far ahead."""

    spec: WatchSpec
    reseller_id: int
    days: int


def look_ahead(store: Store, *, limit: int = 1000) -> int:
    """Compare balances with the charges ahead, for every watch; return how many watches changed their state.

    limit: accounts per read; all are looked at. An account is only locked when something about it changes. One that
    fails is logged and keeps no other.
    """
    with store.read() as session:
        watches = _watches(session)
    return sum(_look_at_all(store, watched, limit) for watched in watches)


def _look_at_all(store: Store, watched: Watched, limit: int) -> int:
    changed, last_id = 0, 0
    while True:
        with store.read() as session:
            accounts = session.scalars(_candidates(session, watched).where(Account.id > last_id).limit(limit)).all()
        changed += sum(_look_at(store, watched, account_id) for account_id in accounts)
        if len(accounts) < limit:
            return changed
        last_id = accounts[-1]


def uncovered(session: Session, account: Account) -> set[str]:
    """Return the plugins that told of a charge ahead while one is still not covered."""
    specs = {(spec.plugin, spec.key): spec for spec in listening(session).watches_of("charge")}
    told = select(BalanceWatch).where(BalanceWatch.account_id == account.id, ~BalanceWatch.armed)
    found = [specs[each.plugin, each.key] for each in session.scalars(told) if (each.plugin, each.key) in specs]
    return {
        spec.plugin
        for spec in found
        if _uncovered(session, account, _days(session, spec, account.reseller_id)) is not None
    }


def _watches(session: Session) -> list[Watched]:
    found = []
    for spec in listening(session).watches_of("charge"):
        on = select(PluginActivation.reseller_id).where(
            PluginActivation.plugin == spec.plugin,
            PluginActivation.enabled,
            PluginActivation.reseller_id.not_in(closed()),
        )
        for reseller_id in session.scalars(on.order_by(PluginActivation.reseller_id)).all():
            days = _days(session, spec, reseller_id)
            if days > 0 and spec.plugin in events.hearers(session, reseller_id, ChargeUncovered):
                found.append(Watched(spec, reseller_id, days))
    return found


def _days(session: Session, spec: WatchSpec, reseller_id: int) -> int:
    """Return how far the reseller looks ahead: its own value, else the operator's, else the plugin's default."""
    query = select(PluginSetting.value).where(
        PluginSetting.plugin == spec.plugin,
        PluginSetting.reseller_id == reseller_id,
        PluginSetting.account_id.is_(None),
        PluginSetting.key == spec.setting,
    )
    kept = session.scalars(query).one_or_none()
    if kept is None and "operator" in spec.levels:
        kept = session.scalars(
            select(OperatorSetting.value).where(
                OperatorSetting.plugin == spec.plugin, OperatorSetting.key == spec.setting
            )
        ).one_or_none()
    if kept is None:
        return min(spec.default or 0, FARTHEST_DAYS)
    return min(kept, FARTHEST_DAYS) if isinstance(kept, int) else 0  # emptied on purpose: never


def _candidates(session: Session, watched: Watched) -> Select[int]:
    """Return the query for accounts with a daily or monthly charge in sight, and for those that were warned and may be
    covered again."""
    horizon = _horizon(session, watched.reseller_id, watched.days)
    in_sight = (
        select(Subscription.account_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(
            Subscription.reseller_id == watched.reseller_id,
            Subscription.status == SubscriptionStatus.ACTIVE,
            Subscription.next_charge_at <= horizon,
            Plan.period != Period.HOUR,
        )
    )
    warned = select(BalanceWatch.account_id).where(
        BalanceWatch.reseller_id == watched.reseller_id,
        BalanceWatch.plugin == watched.spec.plugin,
        BalanceWatch.key == watched.spec.key,
        ~BalanceWatch.armed,
    )
    query = select(Account.id).where(Account.id.in_(in_sight.union(warned)), Account.on_hold_since.is_(None))
    return query.order_by(Account.id)


def _horizon(session: Session, reseller_id: int, days: int) -> datetime:
    return days_later(now(session), days, ZoneInfo(fetch(session, Reseller, reseller_id).timezone))


def _look_at(store: Store, watched: Watched, account_id: int) -> bool:
    try:
        with store.read() as session:
            account = session.get_one(Account, account_id)
            if not _is_news(session, watched, account, _uncovered(session, account, watched.days)):
                return False
        with store.write() as session:
            return _change(session, watched, ledger.lock_account(session, account_id))
    except Exception as error:  # noqa: BLE001  one broken account must not stop the others
        _logger.error("charge_watch_failed", account_id=account_id, error=f"{type(error).__name__}: {error}")
        return False


def _change(session: Session, watched: Watched, account: Account) -> bool:
    """Disarm and tell, or arm again; what changed meanwhile is decided by the locked account."""
    if account.on_hold_since is not None or not is_open(session, account.reseller_id):
        return False
    coming = _uncovered(session, account, watched.days)
    if not _is_news(session, watched, account, coming):
        return False
    row = _row(session, watched, account) or _new_row(session, watched, account)
    row.armed = coming is None
    if coming is not None:
        row.told_at = now(session)
        _tell(session, watched, account, coming)
    return True


def _is_news(session: Session, watched: Watched, account: Account, coming: Coming | None) -> bool:
    row = _row(session, watched, account)
    armed, told_at = (row.armed, row.told_at) if row is not None else (True, None)
    return not armed if coming is None else armed and may_tell_charge(told_at, now(session))


def _row(session: Session, watched: Watched, account: Account) -> BalanceWatch | None:
    return session.get(BalanceWatch, (account.id, watched.spec.plugin, watched.spec.key))


def _new_row(session: Session, watched: Watched, account: Account) -> BalanceWatch:
    row = BalanceWatch(
        reseller_id=account.reseller_id,
        account_id=account.id,
        plugin=watched.spec.plugin,
        key=watched.spec.key,
        level_minor=0,
        armed=True,
    )
    session.add(row)
    return row


@dataclass(frozen=True, slots=True)
class Coming:
    """A charge that will not fit. earlier: the charges before it together; missing: what all of them lack."""

    subscription_name: str
    due_at: datetime
    price: Money
    earlier: Money
    missing: Money


def _uncovered(session: Session, account: Account, days: int) -> Coming | None:
    """Return the first daily or monthly charge within the days that the balance will not cover, hours counted in."""
    until = _horizon(session, account.reseller_id, days)
    query = running.of_account(account, SubscriptionStatus.ACTIVE)
    coming: list[Charged] = []
    for subscription in session.scalars(query).all():
        assert subscription.next_charge_at is not None
        terms = running.terms_of(session, subscription)
        coming += [
            Charged(span.start, price, subscription.name, counts=terms.period is not Period.HOUR)
            for span, price in coming_charges(terms, subscription.next_charge_at, until)
        ]
    if not coming:
        return None
    currency = coming[0].price.currency
    found = first_uncovered(Money(account.balance_minor, currency), Money(account.threshold_minor, currency), coming)
    if found is None:
        return None
    charge = found.charge
    return Coming(charge.name, charge.at, charge.price, found.earlier, found.missing)


def _tell(session: Session, watched: Watched, account: Account, coming: Coming) -> None:
    event = ChargeUncovered(
        reseller_id=account.reseller_id,
        account_id=account.id,
        key=watched.spec.key,
        subscription_name=coming.subscription_name,
        due_at=coming.due_at,
        amount_minor=coming.price.minor,
        earlier_minor=coming.earlier.minor,
        missing_minor=coming.missing.minor,
        balance_minor=account.balance_minor,
        at=now(session),
    )
    events.tell(session, account, event, to=watched.spec.plugin)
