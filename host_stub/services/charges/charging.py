"""Charging, credit hold, activation and resume."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

from billhook import Money
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM
from host_stub.domain.charging import Due, Hold, Settlement, cost, decide_due, decide_hold, period_after
from host_stub.persistence import Account, Entry, Reseller, Store, Subscription, SubscriptionStatus
from host_stub.persistence.store import fetch, now
from host_stub.services.books import ledger
from host_stub.services.charges import charging_failures, holds, running
from host_stub.services.charges.holds import HoldSummary as HoldSummary
from host_stub.services.telling import mails, notices
from host_stub.services.telling.journal import log
from host_stub.services.tenants.open_resellers import closed, is_open

ACTIVE, PENDING, STOPPED = SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING, SubscriptionStatus.STOPPED


def settle(session: Session, account: Account) -> Settlement:
    """Decide anew what the balance of a locked account allows: after any single movement, a changed threshold or price.

    Below the threshold the hold begins. A hold ends when the balance is at the threshold or above and the due charges
    of the stopped subscriptions fit; then they are charged and run. Last, pending subscriptions that the newest credit
    covers are activated, oldest first; one that is too dear does not keep back a younger, cheaper one.
    While the reseller is closed nothing is decided: the money waits on the balance.
    """
    reseller = fetch(session, Reseller, account.reseller_id)
    if reseller.closed_at is not None:
        return Settlement()
    newest = account.event_sequence
    if reseller.catching_up:
        resume_after_reopening(session, account)
    if account.on_hold_since is not None:
        _stop_overdue(session, account)
    match _decide(session, account):
        case Hold.ENTER:
            _enter_hold(session, account)
        case Hold.LEAVE:
            resumed = _leave_hold(session, account)
            return Settlement(Hold.LEAVE, resumed=resumed, activated=_activate_pending(session, account, newest))
        case Hold.STAY if account.on_hold_since is None:
            return Settlement(activated=_activate_pending(session, account, newest))
        case hold:
            return Settlement(hold)
    return Settlement(Hold.ENTER)


class Charged(IntEnum):
    """What one transaction of charging an account came to."""

    NOTHING = 0  # nothing was due
    ALL = 1
    MORE = 2  # a later period has begun as well


def charge_earliest(store: Store, account_id: int) -> Charged:
    """Charge the earliest unpaid period of an account that has begun, in one transaction; say whether there was one.

    All subscriptions whose period begins at that instant are charged together. What does not fit puts the account on
    hold; in hold nothing is charged, and what is due stops. While the reseller is closed nothing is charged. Safe to
    run anywhere at once: the account is locked, and a period that somebody else charged is no longer due.
    """
    with store.write() as session:
        account = ledger.lock_account(session, account_id)
        if not is_open(session, account.reseller_id):
            return Charged.NOTHING
        due = session.scalars(_due(session, account)).all()
        earliest = min((s.next_charge_at for s in due if s.next_charge_at), default=None)
        for subscription in [s for s in due if s.next_charge_at == earliest]:
            _charge_or_stop(session, account, subscription)
        if any(_is_due(session, subscription) for subscription in due):
            return Charged.MORE
        return Charged.ALL if due else Charged.NOTHING


def _due(session: Session, account: Account) -> Select[Subscription]:
    return running.of_account(account, ACTIVE).where(Subscription.next_charge_at <= now(session))


def _is_due(session: Session, subscription: Subscription) -> bool:
    at = subscription.next_charge_at
    return subscription.status == ACTIVE and at is not None and at <= now(session)


def run_due(store: Store, limit: int = 200) -> int:
    """Charge every period that has begun, accounts with the oldest one first; return how many transactions that took.

    limit: due subscriptions whose accounts are charged in this call; how many more wait does not matter to its cost.
    Missed periods of an account follow each other in order, each in its own transaction, so a run may end anywhere and
    the next goes on. An account that fails is noted, left alone for a while, and never keeps the others.
    """
    with store.read() as session:
        waiting = (
            select(Subscription.account_id)
            .where(Subscription.status == ACTIVE, Subscription.next_charge_at <= now(session))
            .where(~charging_failures.resting(session, Subscription.account_id))
            .where(Subscription.reseller_id.not_in(closed()))
            # By the index alone: a second key would have all that is due at the hour sorted first.
            .order_by(Subscription.next_charge_at)
            .limit(limit)
        )
        accounts = list(dict.fromkeys(session.scalars(waiting)))
        failed = charging_failures.among(session, accounts)
    return sum(_charge_all(store, account_id, failed_before=account_id in failed) for account_id in accounts)


def _charge_all(store: Store, account_id: int, *, failed_before: bool) -> int:
    done, charged = 0, Charged.MORE
    try:
        while charged is Charged.MORE:
            charged = charge_earliest(store, account_id)
            done += charged is not Charged.NOTHING
    except Exception as error:  # noqa: BLE001  one broken account must not stop the others
        charging_failures.note(store, account_id, error)
    else:
        if failed_before:
            charging_failures.clear(store, account_id)
    return done


def is_behind(session: Session, account_id: int) -> bool:
    """Say whether a period of the account has begun that the next run will charge (or refuse)."""
    due = (
        select(Subscription.id)
        .where(Subscription.account_id == account_id, Subscription.status == ACTIVE)
        .where(Subscription.next_charge_at <= now(session))
        .where(~charging_failures.resting(session, Subscription.account_id))
        .where(Subscription.reseller_id.not_in(closed()))
    )
    return session.scalars(due.limit(1)).one_or_none() is not None


def reconsider_holds(store: Store, limit: int = 200) -> int:
    """Settle accounts whose hold could end without a movement: a price fell, an hour is a kopeck cheaper.

    limit: accounts per read; all are looked at. Returns how many were let go. An account that fails keeps no other.
    """
    let_go, last_id = 0, 0
    while True:
        with store.read() as session:
            held = select(Account.id).where(Account.on_hold_since.is_not(None), Account.id > last_id)
            held = held.where(Account.reseller_id.not_in(closed()))
            accounts = session.scalars(held.order_by(Account.id).limit(limit)).all()
        let_go += sum(_reconsider(store, account_id) for account_id in accounts)
        if len(accounts) < limit:
            return let_go
        last_id = accounts[-1]


def _reconsider(store: Store, account_id: int) -> bool:
    try:
        with store.read() as session:
            if _needed(session, fetch(session, Account, account_id)):
                return False
        with store.write() as session:
            return settle(session, ledger.lock_account(session, account_id)).hold is Hold.LEAVE
    except Exception as error:  # noqa: BLE001  one broken account must not stop the others
        charging_failures.note(store, account_id, error)
        return False


def stop_all(session: Session, account: Account) -> int:
    """Stop whatever runs on a locked account whose reseller is closed; return how many. Nothing is charged for."""
    running_ones = session.scalars(running.of_account(account, ACTIVE)).all()
    for subscription in running_ones:
        running.stop(session, account, subscription, closing=True)
    return len(running_ones)


def resume_after_reopening(session: Session, account: Account) -> int:
    """Let run again what the closing of a reseller stopped on a locked account; return how many. Again: nothing.

    As after a hold: what has paid time left runs it out, also in hold; the others are charged and run if all of them
    fit together, else they stay stopped in hold.
    """
    stopped = session.scalars(running.of_account(account, STOPPED)).all()
    for subscription in stopped:
        if running.period_to_start(session, subscription) is None:
            running.start(session, account, subscription)
    session.flush()
    if not _needed(session, account):
        if account.on_hold_since is not None:
            _leave_hold(session, account)
        else:
            _start_stopped(session, account)
    elif account.on_hold_since is None:
        _enter_hold(session, account)
    session.flush()
    return sum(subscription.status == ACTIVE for subscription in stopped)


def settle_stopped(session: Session, account: Account) -> None:
    """Decide on a locked account whose subscriptions were stopped: they run if they fit, else a hold begins."""
    session.flush()
    if account.on_hold_since is not None or not session.scalars(running.of_account(account, STOPPED)).all():
        return
    if _needed(session, account):
        _enter_hold(session, account)
    else:
        _start_stopped(session, account)


def _charge_or_stop(session: Session, account: Account, subscription: Subscription) -> None:
    if not _is_due(session, subscription):
        return  # stopped or started anew a moment ago, when a subscription before it did not fit
    assert subscription.next_charge_at is not None
    terms = running.terms_of(session, subscription)
    span = period_after(terms, subscription.next_charge_at)
    price = cost(terms, span)
    balance, threshold = _sums(account, price.currency)
    match decide_due(balance, threshold, price, on_hold=account.on_hold_since is not None):
        case Due.CHARGE:
            running.pay(session, account, subscription, span, price)
        case Due.STOP:
            running.stop(session, account, subscription)
        case Due.REFUSE:
            _stop_overdue(session, account)
            settle_stopped(session, account)  # the period of now may fit: a missed hour can be a kopeck dearer


def _decide(session: Session, account: Account) -> Hold:
    balance, threshold = _sums(account, _currency(session, account))
    on_hold = account.on_hold_since is not None
    # Only a hold stops subscriptions, so without one there is nothing to resume.
    due = to_resume(session, account) if on_hold else Money.zero(balance.currency)
    return decide_hold(balance, threshold, on_hold=on_hold, to_resume=due)


def _enter_hold(session: Session, account: Account) -> None:
    account.on_hold_since = now(session)
    _stop_overdue(session, account)
    lacking = _needed(session, account)
    _log(session, account, "account.hold_entered", balance_minor=account.balance_minor, needed_minor=lacking.minor)
    notices.take_down(session, account)
    mails.hold_entered(session, account)


def _leave_hold(session: Session, account: Account) -> tuple[str, ...]:
    account.on_hold_since = None
    _log(session, account, "account.hold_left", balance_minor=account.balance_minor)
    return _start_stopped(session, account)


def _start_stopped(session: Session, account: Account) -> tuple[str, ...]:
    stopped = session.scalars(running.of_account(account, STOPPED)).all()
    for subscription in stopped:
        running.start(session, account, subscription)
    return tuple(s.name for s in stopped)


def _stop_overdue(session: Session, account: Account) -> None:
    """Stop what runs on although its paid period is over: in hold it may not be charged."""
    for subscription in session.scalars(_due(session, account)).all():
        running.stop(session, account, subscription)
    session.flush()


def _activate_pending(session: Session, account: Account, newest: int) -> tuple[str, ...]:
    """newest: sequence of the movement that led here, before any charge followed it."""
    pending = session.scalars(running.of_account(account, PENDING)).all()
    credited_at = _credited_at(session, account, newest) if pending else None
    activated = []
    for subscription in pending:
        # A credit from before the subscription is not the one that activates it: until the next, a manager may.
        if credited_at is None or credited_at < subscription.created_at:
            continue
        if running.affordable(account, running.cost_to_start(session, subscription)):
            running.start(session, account, subscription)
            activated.append(subscription.name)
    return tuple(activated)


def _credited_at(session: Session, account: Account, sequence: int) -> datetime | None:
    """Return when this movement of the account was posted, if it gave money."""
    query = select(Entry).where(Entry.account_id == account.id, Entry.account_sequence == sequence)
    movement = session.scalars(query).one_or_none()
    return movement.at if movement is not None and movement.amount_minor > 0 else None


def to_resume(session: Session, account: Account) -> Money:
    """Return the due charges of the account's stopped subscriptions together."""
    return holds.reckoning(session, account).due


def _needed(session: Session, account: Account) -> Money:
    return holds.reckoning(session, account).needed


def _sums(account: Account, currency: str) -> tuple[Money, Money]:
    return Money(account.balance_minor, currency), Money(account.threshold_minor, currency)


def _currency(session: Session, account: Account) -> str:
    return fetch(session, Reseller, account.reseller_id).currency


def _log(session: Session, account: Account, action: str, **details: object) -> None:
    log(session, "account", account.id, action, reseller_id=account.reseller_id, by=SYSTEM, **details)
