"""The credit hold as everybody is told of it: what is stopped, what runs until when, which sums lead to what is needed.

Banner, mail and staff pages say what stands here, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billhook import Catalogue, LazyText, Money
from sqlalchemy.orm import Session

from host_stub.domain.charging import Reckoning
from host_stub.persistence import Account, Reseller, Subscription, SubscriptionStatus
from host_stub.persistence.store import fetch, now
from host_stub.services.charges import running

_ = Catalogue("host_stub")

ACTIVE, STOPPED = SubscriptionStatus.ACTIVE, SubscriptionStatus.STOPPED


@dataclass(frozen=True, slots=True)
class HoldSummary:
    """What every page shows.

    needed: the sum that ends the hold, zero without one. sums: what it is made of.
    stopped: names of subscriptions that do not run. runs_until: first and last end of what still runs, in hold alone.
    """

    on_hold: bool
    needed: Money
    sums: Reckoning
    stopped: tuple[str, ...] = ()
    runs_until: tuple[datetime, datetime] | None = None


def hold_summary(session: Session, account: Account) -> HoldSummary:
    """Say whether the account is in credit hold, what sum ends it, and what becomes of its subscriptions."""
    currency = fetch(session, Reseller, account.reseller_id).currency
    if account.on_hold_since is None:
        return HoldSummary(False, Money.zero(currency), reckoning(session, account))
    at = now(session)
    found = session.scalars(running.of_account(account, ACTIVE, STOPPED)).all()
    ends = [s.next_charge_at for s in found if s.status == ACTIVE and s.next_charge_at and s.next_charge_at > at]
    sums = _reckoned(session, account, [s for s in found if s.status == STOPPED])
    # Whose paid period is over stops at the worker's next look: nobody is told that it runs.
    stopped = tuple(s.name for s in found if s.status == STOPPED or not s.next_charge_at or s.next_charge_at <= at)
    return HoldSummary(True, sums.needed, sums, stopped, (min(ends), max(ends)) if ends else None)


def reckoning(session: Session, account: Account) -> Reckoning:
    """Return balance, threshold and the due charges of the account's stopped subscriptions together."""
    return _reckoned(session, account, session.scalars(running.of_account(account, STOPPED)).all())


def _reckoned(session: Session, account: Account, stopped: Sequence[Subscription]) -> Reckoning:
    currency = fetch(session, Reseller, account.reseller_id).currency
    due = Money.zero(currency)
    for subscription in stopped:
        due += running.cost_to_start(session, subscription)
    return Reckoning(Money(account.balance_minor, currency), Money(account.threshold_minor, currency), due)


def title(hold: HoldSummary) -> LazyText:
    """Return what has happened: services are stopped, some are, or they will be."""
    if hold.runs_until is None:
        return _("Services are stopped: the balance does not cover them.")
    if hold.stopped:
        return _("Some services are stopped: the balance does not cover them.")
    return _("Services will stop: the balance does not cover them.")


def subject(hold: HoldSummary) -> LazyText:
    """Return the same for the head of a mail."""
    if hold.runs_until is None:
        return _("Services are stopped: top up your balance")
    if hold.stopped:
        return _("Some services are stopped: top up your balance")
    return _("Services will stop: top up your balance")


def until(hold: HoldSummary) -> list[LazyText]:
    """Return until when what is paid runs; nothing if nothing does."""
    if hold.runs_until is None:
        return []
    first, last = hold.runs_until
    if first != last:
        return [
            _(
                "Paid periods run on: the first service stops on {first}, the last on {last}.",
                first=first,
                last=last,
            )
        ]
    if hold.stopped:
        return [_("The others run until {moment}, and then stop.", moment=first)]
    return [_("Services run until {moment}, and then stop.", moment=first)]


def way_out(hold: HoldSummary) -> list[LazyText]:
    """Return how the sum comes about that ends the hold, and what it brings."""
    if not hold.needed:
        return [_("The balance covers them now: they resume within the hour.")]
    return [how(hold.sums), _what_helps(hold)]


def _what_helps(hold: HoldSummary) -> LazyText:
    if hold.runs_until and not hold.stopped:
        return _("Top up the balance by {amount} and the services will go on.", amount=hold.needed)
    return _("Top up the balance by {amount} and the services will start again by themselves.", amount=hold.needed)


def how(sums: Reckoning) -> LazyText:
    """Return a sentence whose sums add up to what is missing."""
    said = {"due": sums.due, "floor": sums.threshold, "balance": sums.balance, "needed": sums.needed}
    if sums.due and sums.threshold.minor > 0:
        return _(
            "The services need {due} to continue, {floor} must stay on the balance, and it is {balance} now: "
            "{needed} short.",
            **said,
        )
    if sums.due and sums.threshold:
        return _(
            "The services need {due} to continue, the balance may go down to {floor}, and it is {balance} now: "
            "{needed} short.",
            **said,
        )
    if sums.due:
        return _("The services need {due} to continue, and the balance is {balance}: {needed} short.", **said)
    if sums.threshold:
        return _("The balance is {balance} and must be at least {floor}: {needed} short.", **said)
    return _("The balance is {balance}: {needed} short of zero.", **said)
