"""Figures for a monitor: what processes count and report, and how far behind the outbox, charging and workers are.

Nothing here asks more of the database than a bounded number of rows, however much waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from host_stub.domain.instants import SKEW
from host_stub.persistence import MetricCount, Outbox, ProcessReport, Store, Subscription, SubscriptionStatus
from host_stub.persistence.listings import count_up_to
from host_stub.persistence.sales import ChargingFailure
from host_stub.persistence.store import now
from host_stub.services.queues.outbox import MAIL, PLUGIN, PROVISIONING

#: More rows than this are not counted.
MOST: Final = 10_000
#: A process that was silent for longer is not there any more, and after FORGOTTEN its report goes.
SILENCE: Final = timedelta(minutes=1)
FORGOTTEN: Final = timedelta(hours=1)


class Counted(StrEnum):
    """What is counted, with its labels."""

    FAILURES = "failures"  # process, plugin, place
    OVERRUNS = "overruns"  # process, plugin, place
    REFUSED = "refused"  # process, plugin, place
    MICROSECONDS = "microseconds"  # process, plugin, place
    DURATIONS = "durations"  # process, plugin, place, upper bound in seconds
    MESSAGES = "messages"  # plugin, kind, verdict


Series = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PluginState:
    """How a plugin stands in one process.

    own, public, pages: the worst breaker of each side: `closed`, `open`, `probing`; empty if it could not be loaded.
    """

    loaded: bool
    own: str = ""
    stuck_threads: int = 0
    public: str = ""
    pages: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """A running process. kind: `web` or `worker`."""

    kind: str
    plugins: Mapping[str, PluginState]


def report(store: Store, name: str, process: Process, counted: Mapping[Series, int]) -> None:
    """Add what a process counted since it last reported, and replace what it said of its plugins.

    name: unique among all processes. Raises SQLAlchemyError, with nothing written.
    """
    with store.write() as session:
        _add(session, counted)
        row = session.get(ProcessReport, name)
        if row is None:
            row = ProcessReport(name=name, kind=process.kind)
            session.add(row)
        row.reported_at = now(session)
        row.plugins = {
            plugin: [state.loaded, state.own, state.stuck_threads, state.public, state.pages]
            for plugin, state in process.plugins.items()
        }
        session.flush()
        at = now(session)
        # What lies ahead was reported by a clock that has been set back since: who runs reports anew.
        gone = or_(ProcessReport.reported_at < at - FORGOTTEN, ProcessReport.reported_at > at + FORGOTTEN)
        session.execute(delete(ProcessReport).where(gone))


def leave(store: Store, name: str) -> None:
    """Take the report of a process that ends away. What it counted stays."""
    with store.write() as session:
        session.execute(delete(ProcessReport).where(ProcessReport.name == name))


def _add(session: Session, counted: Mapping[Series, int]) -> None:
    # In one order everywhere: two processes that lock the same rows must not wait for each other.
    rows = [
        {"name": name, "labels": json.dumps(labels, ensure_ascii=False), "value": value}
        for (name, labels), value in sorted(counted.items())
    ]
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(MetricCount)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[MetricCount.name, MetricCount.labels],
            set_={"value": MetricCount.value + insert.excluded.value},
        ),
        rows,
    )


def counts(session: Session) -> dict[Series, int]:
    """Return all sums of all processes, those that ended included."""
    rows = session.execute(select(MetricCount.name, MetricCount.labels, MetricCount.value))
    return {(name, tuple(json.loads(labels))): value for name, labels, value in rows}


def processes(session: Session) -> list[Process]:
    """Return the processes that run."""
    at = now(session)
    query = select(ProcessReport).where(ProcessReport.reported_at.between(at - SILENCE, at + SKEW))
    return [
        Process(row.kind, {name: PluginState(*state) for name, state in row.plugins.items()})
        for row in session.scalars(query.order_by(ProcessReport.name))
    ]


@dataclass(frozen=True, slots=True)
class Queue:
    """Facts of the outbox for one kind of receiver, counted up to one more than MOST."""

    undelivered: int
    dead: int


_RECEIVERS: Final[Mapping[str, tuple[ColumnElement[bool], ...]]] = {
    "mail": (Outbox.receiver == MAIL,),
    "provisioning": (Outbox.receiver == PROVISIONING,),
    # A colon follows the kind; the next character bounds the range.
    "plugin": (Outbox.receiver >= PLUGIN, Outbox.receiver < PLUGIN[:-1] + ";"),
}


def queues(session: Session) -> dict[str, Queue]:
    """Return what waits and what was given up, by kind of receiver."""
    return {kind: _queue(session, is_of_kind) for kind, is_of_kind in _RECEIVERS.items()}


def _queue(session: Session, is_of_kind: Iterable[ColumnElement[bool]]) -> Queue:
    facts = select(Outbox.id).where(*is_of_kind)
    return Queue(
        undelivered=count_up_to(session, facts.where(Outbox.dead_at.is_(None)), MOST),
        dead=count_up_to(session, facts.where(Outbox.dead_at.is_not(None)), MOST),
    )


def oldest_undelivered(session: Session) -> timedelta:
    """Return the age of the oldest fact that waits; zero if none does."""
    query = select(Outbox.created_at).where(Outbox.dead_at.is_(None)).order_by(Outbox.id).limit(1)
    return _age(session, session.scalars(query).first())


def charging_lag(session: Session) -> timedelta:
    """Return how long the longest due period has waited for its charge, those of accounts that fail included."""
    due = select(func.min(Subscription.next_charge_at)).where(Subscription.status == SubscriptionStatus.ACTIVE)
    return _age(session, session.scalars(due).one())


def failing_accounts(session: Session) -> int:
    """Return how many accounts cannot be charged because of an error."""
    return count_up_to(session, select(ChargingFailure), MOST)


def _age(session: Session, since: datetime | None) -> timedelta:
    return timedelta() if since is None else max(now(session) - since, timedelta())
