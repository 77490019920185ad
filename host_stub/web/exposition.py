"""Writes figures in Prometheus's format. Labels are names of plugins and words of ours: nothing that grows with use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billhook.host.places import SideName
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from host_stub.adapters.disk import Place
from host_stub.plugins.breaker import BreakerState
from host_stub.plugins.registry import Registry
from host_stub.plugins.reporting import ABOVE
from host_stub.plugins.tally import BOUNDS
from host_stub.services.books.proof import nightly
from host_stub.services.queues import measures
from host_stub.services.queues.measures import Counted, Process, Queue, Series
from host_stub.services.reading.work_queue import WorkState, work_state

_PLACE: Final = ("process", "plugin", "place")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All figures of one instant. plugins: the only ones that appear, those installed here or in a running process."""

    plugins: frozenset[str]
    counts: Mapping[Series, int]
    processes: Sequence[Process]
    queues: Mapping[str, Queue]
    oldest: timedelta
    charging: timedelta
    failing_accounts: int
    proof: nightly.Standing | None
    proof_age: timedelta
    disks: Sequence[Place]
    work: WorkState

    @classmethod
    def of(cls, session: Session, registry: Registry, disks: Sequence[Place], *, at: datetime) -> Snapshot:
        """Read the figures from the database. disks: of this machine. at: the present instant."""
        processes = measures.processes(session)
        reported = {plugin for process in processes for plugin in process.plugins}
        return cls(
            plugins=frozenset({*registry.plugins, *registry.broken, *reported}),
            counts=measures.counts(session),
            processes=processes,
            queues=measures.queues(session),
            oldest=measures.oldest_undelivered(session),
            charging=measures.charging_lag(session),
            failing_accounts=measures.failing_accounts(session),
            proof=(last := nightly.last(session)),
            proof_age=max(at - last.ended_at, timedelta()) if last else timedelta(),
            disks=disks,
            work=work_state(session, foresee=False),
        )


def written(snapshot: Snapshot, accept: str) -> tuple[bytes, str]:
    """Return body and content type, in the format that the scraper likes best."""
    registry = CollectorRegistry()
    registry.register(_Figures(snapshot))
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type


class _Figures(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        yield from _calls(self._snapshot)
        yield from _messages(self._snapshot)
        yield from _plugins(self._snapshot)
        yield from _backlog(self._snapshot)
        yield from _proof_and_disks(self._snapshot)


def _calls(snapshot: Snapshot) -> Iterator[Metric]:
    durations = HistogramMetricFamily(
        "billhook_plugin_call_seconds", "How long calls of plugins took, until they were given up.", labels=_PLACE
    )
    totals = {
        "calls": "Calls of plugins that ended or were given up.",
        Counted.FAILURES: "Calls that raised, answered rubbish or overran.",
        Counted.OVERRUNS: "Calls that did not answer in time.",
        Counted.REFUSED: "Calls not made, because the breaker was open or no thread was free.",
    }
    families = {
        name: CounterMetricFamily(f"billhook_plugin_{name}", text, labels=_PLACE) for name, text in totals.items()
    }
    for labels, by_bound in sorted(_by_place(snapshot).items()):
        below, buckets = 0, []
        for bound in (*map(str, BOUNDS), ABOVE):
            below += by_bound.get(bound, 0)
            buckets.append((bound, below))
        seconds = snapshot.counts.get((Counted.MICROSECONDS, labels), 0) / 1_000_000
        durations.add_metric(labels, buckets, seconds)
        for name, family in families.items():
            family.add_metric(labels, below if name == "calls" else snapshot.counts.get((name, labels), 0))
    yield from (durations, *families.values())


def _by_place(snapshot: Snapshot) -> dict[tuple[str, ...], dict[str, int]]:
    """Return (process, plugin, place) → bound → calls, for the plugins that are there."""
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for (name, labels), value in snapshot.counts.items():
        if len(labels) > 2 and labels[1] in snapshot.plugins:
            by_bound = found.setdefault(labels[:3], {})
            if name == Counted.DURATIONS:
                by_bound[labels[3]] = value
    return found


def _messages(snapshot: Snapshot) -> Iterator[Metric]:
    family = CounterMetricFamily(
        "billhook_gateway_messages",
        "Messages of gateways, by what the panel made of them.",
        labels=("plugin", "kind", "verdict"),
    )
    for (name, labels), value in sorted(snapshot.counts.items()):
        if name == Counted.MESSAGES and labels[0] in snapshot.plugins:
            family.add_metric(labels, value)
    yield family


def _plugins(snapshot: Snapshot) -> Iterator[Metric]:
    running = GaugeMetricFamily("billhook_processes", "Processes that run.", labels=("process",))
    for kind in ("web", "worker"):
        running.add_metric((kind,), sum(process.kind == kind for process in snapshot.processes))
    yield running

    loaded = GaugeMetricFamily(
        "billhook_plugin_loaded", "1 if the plugin is loaded in all processes, else 0.", labels=("process", "plugin")
    )
    stuck = GaugeMetricFamily(
        "billhook_plugin_stuck_threads", "Threads of the plugin past their deadline.", labels=("process", "plugin")
    )
    breaker = GaugeMetricFamily(
        "billhook_plugin_breaker",
        "Processes by state of the breaker of a side.",
        labels=("process", "plugin", "side", "state"),
    )
    for labels, states in sorted(_states(snapshot).items()):
        loaded.add_metric(labels, all(state.loaded for state in states))
        stuck.add_metric(labels, sum(state.stuck_threads for state in states))
        for side in SideName:
            found = Counter(getattr(state, side.value) for state in states)
            for name in BreakerState:
                breaker.add_metric((*labels, side.value, name.value), found[name.value])
    yield from (loaded, stuck, breaker)


def _states(snapshot: Snapshot) -> dict[tuple[str, str], list[measures.PluginState]]:
    found: dict[tuple[str, str], list[measures.PluginState]] = {}
    for process in snapshot.processes:
        for plugin, state in process.plugins.items():
            found.setdefault((process.kind, plugin), []).append(state)
    return found


def _backlog(snapshot: Snapshot) -> Iterator[Metric]:
    most = f"counted up to {measures.MOST + 1}"
    undelivered = GaugeMetricFamily(
        "billhook_outbox_undelivered", f"Facts that wait for their receiver, {most}.", labels=("receiver",)
    )
    dead = GaugeMetricFamily(
        "billhook_outbox_dead", f"Facts that were given up after too many tries, {most}.", labels=("receiver",)
    )
    for receiver, queue in snapshot.queues.items():
        undelivered.add_metric((receiver,), queue.undelivered)
        dead.add_metric((receiver,), queue.dead)
    yield from (undelivered, dead)
    yield _gauge("billhook_outbox_oldest_seconds", "Age of the oldest undelivered fact.", snapshot.oldest)
    if snapshot.work.age is not None:
        yield _gauge("billhook_worker_heartbeat_seconds", "Time since a worker was last heard.", snapshot.work.age)
    yield _gauge("billhook_charging_lag_seconds", "How long the oldest due period waits.", snapshot.charging)
    yield _gauge("billhook_clock_ahead_seconds", "By how much a clock that is not believed is ahead.", _ahead(snapshot))
    yield GaugeMetricFamily(
        "billhook_jobs_stuck", "Jobs of workers in which nothing gets done.", value=len(snapshot.work.stuck)
    )
    yield GaugeMetricFamily("billhook_mail_down", "1 while no mail leaves.", value=bool(snapshot.work.mail))
    yield GaugeMetricFamily(
        "billhook_silent_addresses", "Addresses of services that do not answer.", value=len(snapshot.work.silent)
    )
    yield GaugeMetricFamily(
        "billhook_charging_failing_accounts", "Accounts whose charging fails.", value=snapshot.failing_accounts
    )


def _proof_and_disks(snapshot: Snapshot) -> Iterator[Metric]:
    if snapshot.proof is not None:
        found = GaugeMetricFamily(
            "billhook_proof_findings", "What the last proof of the books found.", labels=("check",)
        )
        for result in snapshot.proof.results:
            found.add_metric((result.name,), result.found)
        yield found
        yield _gauge("billhook_proof_age_seconds", "Time since the last proof of the books ended.", snapshot.proof_age)
    free = GaugeMetricFamily("billhook_disk_free_bytes", "Free space of the disks written to.", labels=("place",))
    for place in snapshot.disks:
        if place.free is not None:
            free.add_metric((place.name,), place.free)
    yield free


def _ahead(snapshot: Snapshot) -> timedelta:
    return snapshot.work.doubted or snapshot.work.watched or timedelta()


def _gauge(name: str, text: str, age: timedelta) -> Metric:
    return GaugeMetricFamily(name, text, value=age.total_seconds())
