"""What waits for a manager: counted for the start page, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, and_, case, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from host_stub.domain.belief import Belief
from host_stub.domain.payments import OPEN
from host_stub.persistence import (
    Account,
    Arrival,
    LogEntry,
    Mail,
    Outbox,
    Payment,
    PaymentMethod,
    Period,
    Plan,
    PluginFailure,
    Reseller,
    Subscription,
    SubscriptionStatus,
    Worker,
)
from host_stub.persistence.listings import COUNTED, count_up_to, up_to
from host_stub.persistence.sales import ChargingFailure
from host_stub.persistence.store import known, now
from host_stub.services.charges import clock_guard
from host_stub.services.queues.heartbeat import JobState, Told
from host_stub.services.reading.resellers import plugins_on

#: A refused mail stops being news after this.
MAIL_NEWS: Final = timedelta(days=14)
#: What stops within this time is counted on the start page and said beside the subscription.
SOON: Final = timedelta(hours=24)
#: So many services due within the day are looked at while a page is made.
DECIDED_NOW: Final = 1000
#: A worker that was not heard for this long is missing.
WORKER_SILENCE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of something waits, and since when the oldest does."""

    count: int
    since: datetime | None = None

    @property
    def counted(self) -> str:
        """The count for people: empty for none, `1000+` for more than were counted."""
        return up_to(self.count) if self.count else ""


def _always(value: str | int) -> BindParameter[Any]:
    """Return a constant that stands in the statement itself: with a parameter no partial index would fit it."""
    return literal(value, literal_execute=True)


def for_approval(session: Session, manual_plugins: Collection[str]) -> list[ColumnElement[bool]]:
    """Return the ranges of payments that a manager may approve: open, by a method that is paid at the bank.

    One range for each method and status: open payments of gateways, which nobody approves, may be any number. A unit
    asks once for the methods.
    """
    asked: dict[frozenset[str], list[ColumnElement[bool]]] = known(session).setdefault("for approval", {})
    plugins = frozenset(manual_plugins)
    if plugins not in asked:
        asked[plugins] = _for_approval(session, plugins)
    return asked[plugins]


def _for_approval(session: Session, manual_plugins: Collection[str]) -> list[ColumnElement[bool]]:
    manual = select(PaymentMethod.id).where(PaymentMethod.plugin.in_(manual_plugins)).order_by(PaymentMethod.id)
    ranges = [
        and_(Payment.method_id == method_id, Payment.status == status)
        for method_id in session.scalars(manual)
        for status in sorted(OPEN)
    ]
    return ranges or [false()]


def _counted(session: Session, what: str, count: Callable[[], int], most: int) -> int:
    """Return a count that goes up to one more than `most`; a unit that has counted as far does not count again."""
    counted: dict[str, tuple[int, int]] = known(session).setdefault("counted", {})
    if what not in counted or counted[what][1] < most:
        counted[what] = count(), most
    return min(counted[what][0], most + 1)


def approvals_waiting(session: Session, manual_plugins: Collection[str], most: int = COUNTED) -> int:
    """Return how many payments wait for approval, counting at most one more than `most`."""
    ranges = for_approval(session, manual_plugins)
    what = f"approvals by {sorted(manual_plugins)}"
    return _counted(session, what, lambda: _approvals_waiting(session, ranges, most), most)


def _approvals_waiting(session: Session, ranges: Sequence[ColumnElement[bool]], most: int) -> int:
    limited = [
        select(Payment.id).where(condition).order_by(Payment.id).limit(most + 1).subquery() for condition in ranges
    ]
    return count_up_to(session, select(union_all(*(select(part) for part in limited)).subquery()), most)


def waiting_arrivals() -> Select[Any]:
    """Return the query for money that waits for a person: parked, alarms, doubts, what is left of a split."""
    return select(Arrival).where(Arrival.waits != _always(""))


def refused_mails(at: datetime) -> Select[Any]:
    return select(Mail).where(Mail.status == _always("refused"), Mail.created_at > at - MAIL_NEWS)


def unreachable(at: datetime) -> Select[Any]:
    """Return the query for accounts of whom the log says that a mail about money had no reader."""
    told = select(LogEntry.object_id).where(
        LogEntry.object_kind == "account",
        LogEntry.action == _always("account.nobody_to_write_to"),
        LogEntry.at > at - MAIL_NEWS,
    )
    return select(Account).where(Account.id.in_(told))


def provisioning_failures() -> Select[Any]:
    return select(Subscription).where(not_switched())


def not_switched() -> ColumnElement[bool]:
    """Return the condition that the outside world did not follow a subscription."""
    return Subscription.provisioning_error != _always("")


def in_debt() -> ColumnElement[bool]:
    """Return the condition that an account is below zero."""
    return Account.balance_minor < _always(0)


def dead_letters() -> Select[Any]:
    return select(Outbox).where(Outbox.dead_at.is_not(None))


def methods_without_plugin(session: Session, reseller_id: int, loaded: Collection[str]) -> int:
    """Return how many methods are on and offered to nobody: their plugin is off for the reseller, or not loaded."""
    usable = plugins_on(session, reseller_id) & set(loaded)
    query = select(PaymentMethod).where(PaymentMethod.active, PaymentMethod.plugin.not_in(usable))
    return count_up_to(session, query)


def charging_failures() -> Select[Any]:
    return select(ChargingFailure)


def stopping_soon(at: datetime, within: timedelta = SOON) -> Select[Any]:
    """Return the query for accounts of which something stops within the time: in hold all that is due, else charges
    that do not fit, as far as SQL can tell.

    An hourly plan costs a thirtieth of its monthly price a day; the exact sum is decided when it is charged.
    """
    days = max(within.days, 1)
    price = case((Plan.period == Period.HOUR, Plan.price_minor * days // 30), else_=Plan.price_minor)
    return (
        select(Account)
        .join(Subscription, Subscription.account_id == Account.id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(
            Subscription.status == SubscriptionStatus.ACTIVE,
            Subscription.next_charge_at <= at + within,
        )
        .group_by(Account.id)
        .having(
            or_(Account.on_hold_since.is_not(None), func.sum(price) > Account.balance_minor - Account.threshold_minor)
        )
    )


def will_stop(session: Session) -> ColumnElement[bool]:
    """Return the condition that an account's services stop within the day.

    While few are due it is decided now; where many are, the worker's last answer counts (`forecasts.keep`).
    """
    at = now(session)
    due = select(Subscription.id).where(
        Subscription.status == SubscriptionStatus.ACTIVE, Subscription.next_charge_at <= at + SOON
    )
    if count_up_to(session, due, DECIDED_NOW) > DECIDED_NOW:
        return Account.stopping_since.is_not(None)
    return Account.id.in_(stopping_soon(at).with_only_columns(Account.id))


def arrivals_waiting(session: Session) -> Waiting:
    return waiting(session, waiting_arrivals(), Arrival.received_at, arrivals_count(session))


def given_up_waiting(session: Session) -> Waiting:
    return waiting(session, dead_letters(), Outbox.dead_at, given_up_count(session))


def waiting(session: Session, query: Select[Any], since: Any = None, count: int | None = None) -> Waiting:
    """Return how many rows wait, counting at most one more than `COUNTED`, and since when. count: if it is known."""
    count = count_up_to(session, query) if count is None else count
    if not count or since is None:
        return Waiting(count)
    kind = query.column_descriptions[0]["entity"]
    # The index of these goes on by id, and the lower id waits longer.
    key = kind.id if kind in (Arrival, Outbox) else since
    return Waiting(count, session.scalars(query.with_only_columns(since).order_by(key).limit(1)).first())


@dataclass(frozen=True, slots=True)
class Queue:
    """What went wrong and waits for somebody, in the unit's scope."""

    arrivals: Waiting
    not_switched: Waiting
    not_charged: Waiting
    refused_mails: Waiting
    unreachable: Waiting
    given_up: Waiting


def queue(session: Session) -> Queue:
    at = now(session)
    return Queue(
        arrivals=arrivals_waiting(session),
        not_switched=waiting(session, provisioning_failures()),
        not_charged=waiting(session, charging_failures(), ChargingFailure.first_at),
        refused_mails=waiting(session, refused_mails(at), Mail.created_at),
        unreachable=waiting(session, unreachable(at)),
        given_up=given_up_waiting(session),
    )


@dataclass(frozen=True, slots=True)
class InstallationQueue:
    """What went wrong and waits for the operator."""

    arrivals: Waiting
    given_up: Waiting
    not_switched: Waiting
    refused_mails: Waiting


def queue_of_all(session: Session) -> InstallationQueue:
    return InstallationQueue(
        arrivals=arrivals_waiting(session),
        given_up=given_up_waiting(session),
        not_switched=waiting(session, provisioning_failures()),
        refused_mails=waiting(session, refused_mails(now(session))),
    )


def arrivals_count(session: Session, most: int = COUNTED) -> int:
    """Return how much money waits for a person, counting at most one more than `most`."""
    return _counted(session, "arrivals", lambda: count_up_to(session, waiting_arrivals(), most), most)


def given_up_count(session: Session, most: int = COUNTED) -> int:
    """Return how many facts were given up, counting at most one more than `most`."""
    return _counted(session, "given up", lambda: count_up_to(session, dead_letters(), most), most)


def held_count(session: Session) -> int:
    """Return how many accounts are on hold, counting at most one more than `COUNTED`."""
    return count_up_to(session, select(Account).where(Account.on_hold_since.is_not(None)))


def stopping_count(session: Session) -> int:
    """Return of how many accounts services stop within the day, counting at most one more than `COUNTED`."""
    return count_up_to(session, select(Account).where(will_stop(session)))


def account_count(session: Session) -> int:
    return count_up_to(session, select(Account))


def reseller_count(session: Session) -> int:
    return count_up_to(session, select(Reseller))


@dataclass(frozen=True, slots=True)
class Heart:
    """A worker's last sign of life. plugins: what it found installed when it started; None if it did not say.

    told: how its jobs do.
    """

    name: str
    started_at: datetime
    beat_at: datetime
    alive: bool
    plugins: Mapping[str, str] | None = None
    told: Told = field(default_factory=Told)


def workers(session: Session) -> list[Heart]:
    """Return the workers that were ever heard, the latest first."""
    at = now(session)
    rows = session.scalars(select(Worker).order_by(Worker.beat_at.desc()).limit(20))
    # A beat that lies ahead was written by a clock that has been set back since: who lives beats anew within seconds.
    return [
        Heart(w.name, w.started_at, w.beat_at, abs(at - w.beat_at) <= WORKER_SILENCE, w.plugins, Told.read(w.told))
        for w in rows
    ]


@dataclass(frozen=True, slots=True)
class WorkState:
    """How work goes on in the whole installation, as the workers that live say. age: since the last beat.

    stuck: jobs in which nothing gets done, each once. doubted: how far a clock is ahead that waits for a person.
    """

    alive: bool
    age: timedelta | None = None
    stuck: Sequence[JobState] = ()
    watched: timedelta | None = None
    doubted: timedelta | None = None
    mail: str = ""
    silent: Sequence[str] = ()


def work_state(session: Session, hearts: Sequence[Heart] | None = None, *, foresee: bool = True) -> WorkState:
    """Return whether work gets done, and what keeps it.

    hearts: what `workers` returned, if that was asked. foresee: without a worker, as the next one will find it.
    """
    hearts, at = workers(session) if hearts is None else hearts, now(session)
    heard = [heart.beat_at for heart in hearts if heart.beat_at <= at + WORKER_SILENCE]
    living = [heart.told for heart in hearts if heart.alive]
    ahead = {told.clock: timedelta(seconds=told.ahead_seconds) for told in living}
    stuck = {job.name: job for told in living for job in told.stuck}
    return WorkState(
        alive=bool(living),
        age=max(at - heard[0], timedelta()) if heard else None,
        stuck=list(stuck.values()),
        watched=ahead.get(Belief.WATCHED),
        # Without a worker that says so, as the next one will find it.
        doubted=ahead.get(Belief.DOUBTED) or (clock_guard.needs_a_person(session) if foresee and not living else None),
        mail=next((told.mail for told in living if told.mail), ""),
        silent=sorted({address for told in living for address in told.silent}),
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """How often a plugin failed at one place, and what it said last. place: hook or provider method."""

    plugin: str
    place: str
    error: str
    count: int
    last_at: datetime


def plugin_failures(session: Session) -> list[Failure]:
    """Return the latest failures of plugins, the newest first."""
    rows = session.scalars(select(PluginFailure).order_by(PluginFailure.last_at.desc()).limit(100))
    return [Failure(row.plugin, row.place, row.error, row.count, row.last_at) for row in rows]
