"""The operator closes a reseller, and opens it again.

Closed: none of its people signs in, nothing new begins (`open_resellers`), nothing is charged, and what ran is
stopped. What was under way is brought to its end: gateways' messages and approvals credit the balance, issued bills
open.

The decision is one transaction; a closing stops the first accounts' subscriptions in it. The worker goes on with the
others, each account in a transaction of its own, and may die anywhere. It looks at what is to be so, not at what was
begun: a reseller that is closed and opened while it works ends up as it was left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import RefusedError
from host_stub.domain.payments import OPEN
from host_stub.persistence import (
    Account,
    Payment,
    Reseller,
    Store,
    Subscription,
    SubscriptionStatus,
    User,
    UserKind,
    WebSession,
)
from host_stub.persistence.store import fetch, now
from host_stub.services.books import ledger
from host_stub.services.charges import charging, charging_failures
from host_stub.services.telling.journal import log

#: Accounts that follow at once, while the operator waits; the others are the worker's.
AT_ONCE: Final = 50

ACTIVE, PENDING, STOPPED = SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING, SubscriptionStatus.STOPPED


class OperatorStaysOpen(RefusedError):
    """The operator's own reseller cannot be closed: nobody could open it again."""


@dataclass(frozen=True, slots=True)
class Impact:
    """Whom a closing concerns: counts of accounts, managers and users, subscriptions, open payments."""

    accounts: int
    managers: int
    users: int
    running: int
    stopped: int
    pending: int
    open_payments: int


def impact(session: Session, reseller_id: int) -> Impact:
    """Count what a closing or reopening of the reseller would concern now."""

    def count(kind: type[Account] | type[User] | type[Subscription] | type[Payment], *conditions: object) -> int:
        query = select(func.count()).select_from(kind).where(kind.reseller_id == reseller_id, *conditions)  # type: ignore[arg-type]
        return int(session.execute(query).scalar_one())

    return Impact(
        accounts=count(Account),
        managers=count(User, User.kind == UserKind.MANAGER, User.active),
        users=count(User, User.kind == UserKind.CUSTOMER, User.active),
        running=count(Subscription, Subscription.status == ACTIVE),
        stopped=count(Subscription, Subscription.status == STOPPED),
        pending=count(Subscription, Subscription.status == PENDING),
        open_payments=count(Payment, Payment.status.in_(OPEN)),
    )


def close(store: Store, reseller_id: int, *, reason: str, by: Actor, at_once: int = AT_ONCE) -> bool:
    """Close a reseller; return whether it was open. Raises NotFound, OperatorStaysOpen.

    Its subscriptions are stopped, those of the first `at_once` accounts in this transaction. Sessions end at their next
    request.
    """
    with store.write() as session:
        # The exclusive lock waits for everything that was begun under `must_be_open`.
        reseller = fetch(session, Reseller, reseller_id, lock=True)
        if reseller.is_operator:
            raise OperatorStaysOpen(reseller.name)
        if reseller.closed_at is not None:
            return False
        running = impact(session, reseller_id).running
        reseller.closed_at, reseller.catching_up = now(session), True
        _log(session, reseller, "reseller.closed", by, reason=reason, subscriptions=running)
        session.flush()
        accounts = _concerned(session, reseller, after=0, limit=at_once)
        for account_id in accounts:
            charging.stop_all(session, ledger.lock_account(session, account_id))
        reseller.catching_up = len(accounts) == at_once
        return True


def reopen(store: Store, reseller_id: int, *, reason: str, by: Actor, at_once: int = AT_ONCE) -> bool:
    """Open a closed reseller; return whether it was closed. Raises NotFound.

    What the closing stopped runs again by the rules of a hold, that of the first `at_once` accounts before this
    returns; the time between is not charged. Sessions from before are over.
    """
    with store.write() as session:
        reseller = fetch(session, Reseller, reseller_id, lock=True)
        if reseller.closed_at is None:
            return False
        since = reseller.closed_at
        reseller.closed_at, reseller.catching_up = None, True
        people = select(User.id).where(User.reseller_id == reseller_id)
        session.execute(delete(WebSession).where(WebSession.user_id.in_(people)))
        _log(session, reseller, "reseller.reopened", by, reason=reason, closed_at=since.isoformat())
    _follow(store, reseller_id, at_once, rounds=1)
    return True


def follow(store: Store, *, limit: int = 200) -> int:
    """Stop or resume what still has to follow a closing or reopening; return how many subscriptions changed.

    limit: accounts per read; all are looked at. An account that fails is noted and keeps no other.
    """
    with store.read() as session:
        behind = session.scalars(select(Reseller.id).where(Reseller.catching_up).order_by(Reseller.id)).all()
    return sum(_follow(store, reseller_id, limit) for reseller_id in behind)


def _follow(store: Store, reseller_id: int, limit: int, *, rounds: int | None = None) -> int:
    """rounds: of `limit` accounts each, at most; all of them if left out. Whoever sees the end says that it is done."""
    results: list[int | None] = []
    last_id = 0
    with store.read() as session:
        seen = fetch(session, Reseller, reseller_id).closed_at
    while rounds is None or rounds > 0:
        with store.read() as session:
            accounts = _concerned(session, fetch(session, Reseller, reseller_id), after=last_id, limit=limit)
            left_alone = select(Account.id).where(charging_failures.resting(session, Account.id))
            resting = set(session.scalars(left_alone.where(Account.id.in_(accounts))))
            failed = charging_failures.among(session, accounts)
        results += [
            None if account_id in resting else _take_along(store, account_id, failed_before=account_id in failed)
            for account_id in accounts
        ]
        if len(accounts) < limit:
            if None not in results:
                _finish(store, reseller_id, seen)
            break
        last_id, rounds = accounts[-1], rounds - 1 if rounds is not None else None
    return sum(filter(None, results))


def _finish(store: Store, reseller_id: int, seen: datetime | None) -> None:
    with store.write() as session:
        reseller = fetch(session, Reseller, reseller_id, lock=True)
        if reseller.closed_at == seen:
            reseller.catching_up = False


def _take_along(store: Store, account_id: int, *, failed_before: bool) -> int | None:
    """Bring one account to where it has to be; return how many subscriptions changed, None if that failed."""
    try:
        with store.write() as session:
            changed = _bring(session, ledger.lock_account(session, account_id))
    except Exception as error:  # noqa: BLE001  one broken account must not stop the others
        charging_failures.note(store, account_id, error)
        return None
    if failed_before:
        charging_failures.clear(store, account_id)
    return changed


def _bring(session: Session, account: Account) -> int:
    if fetch(session, Reseller, account.reseller_id).closed_at is not None:
        return charging.stop_all(session, account)
    return charging.resume_after_reopening(session, account)


def _concerned(session: Session, reseller: Reseller, *, after: int, limit: int) -> Sequence[int]:
    """Return the next accounts whose subscriptions may have to change.

    For a closing also those that only wait for activation: the credit that activates one may be under way, and
    whoever locks the account next finds it done.
    """
    whose = _with(reseller, ACTIVE, PENDING) if reseller.closed_at is not None else _with(reseller, STOPPED)
    query = select(Account.id).where(Account.reseller_id == reseller.id, Account.id > after)
    if reseller.closed_at is not None:
        query = query.where(Account.id.in_(whose))
    else:  # while it was closed, nobody looked at thresholds either
        below = Account.balance_minor < Account.threshold_minor
        query = query.where(or_(Account.id.in_(whose), Account.on_hold_since.is_not(None), below))
    return session.scalars(query.order_by(Account.id).limit(limit)).all()


def _with(reseller: Reseller, *statuses: SubscriptionStatus) -> Select[int]:
    return select(Subscription.account_id).where(
        Subscription.reseller_id == reseller.id, Subscription.status.in_(statuses)
    )


def _log(session: Session, reseller: Reseller, action: str, by: Actor, **details: object) -> None:
    log(session, "reseller", reseller.id, action, reseller_id=reseller.id, by=by, **details)
