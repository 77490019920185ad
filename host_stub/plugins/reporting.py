"""Tells the database every few seconds what this process counted, so that one scrape sees all processes.

What was counted is told as a difference and added there: a process that ends leaves its part, one that is killed loses
a few seconds of it, and the sums never fall.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final

import structlog

from host_stub.persistence import Store
from host_stub.plugins.registry import Registry
from host_stub.plugins.tally import BOUNDS, Tally
from host_stub.services.queues import measures
from host_stub.services.queues.measures import Counted, PluginState, Process, Series

EVERY_SECONDS: Final = 10.0
STOP_SECONDS: Final = 5.0
#: What took longer than every bound; Prometheus writes it so.
ABOVE: Final = "+Inf"

_logger = structlog.get_logger("billhook.metrics")


class Reporter:
    """Reports from a thread of its own while it is entered; `report` does it at once.

    kind: `web` or `worker`.
    """

    def __init__(self, store: Store, registry: Registry, kind: str) -> None:
        self._store, self._registry, self._kind = store, registry, kind
        # A number of a process is used again some day.
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._told: dict[Series, int] = {}
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="metrics", daemon=True)

    def __enter__(self) -> Reporter:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Report a last time; the process is not listed any more."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        self._try(self.report)
        self._try(lambda: measures.leave(self._store, self._name))

    def report(self) -> None:
        """Add what was counted since the last report. Raises SQLAlchemyError: then it is told with the next one."""
        with self._turn:
            counted = series(self._registry, self._kind)
            news = {key: value - self._told.get(key, 0) for key, value in counted.items()}
            process = Process(self._kind, states(self._registry))
            measures.report(self._store, self._name, process, {key: value for key, value in news.items() if value})
            self._told = counted

    def _loop(self) -> None:
        self._try(self.report)
        while not self._stop.wait(EVERY_SECONDS):
            self._try(self.report)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001  the database may be away; figures must not end what they count
            _logger.warning("metrics_not_reported", error=type(error).__name__)


def series(registry: Registry, kind: str) -> dict[Series, int]:
    """Return everything that this process has counted."""
    found: dict[Series, int] = {}
    for plugin, guard in registry.guards.items():
        for place, tally in dict(guard.tallies.places).items():
            found |= _of_place((kind, plugin, place), tally)
        for (message, verdict), number in guard.tallies.messages.items():
            found[Counted.MESSAGES, (plugin, message, verdict)] = number
    return found


def _of_place(labels: tuple[str, str, str], tally: Tally) -> dict[Series, int]:
    durations, seconds, failures, overruns, refused = tally.all()
    bounds = (*map(str, BOUNDS), ABOVE)
    return {
        (Counted.FAILURES, labels): failures,
        (Counted.OVERRUNS, labels): overruns,
        (Counted.REFUSED, labels): refused,
        (Counted.MICROSECONDS, labels): round(seconds * 1_000_000),
        **{(Counted.DURATIONS, (*labels, bound)): n for bound, n in zip(bounds, durations, strict=True)},
    }


def states(registry: Registry) -> dict[str, PluginState]:
    """Return how each plugin stands in this process."""
    broken = {name: PluginState(loaded=False) for name in registry.broken}
    guards = {name: registry.guard(name) for name in registry.plugins}
    return broken | {
        name: PluginState(True, guard.own.state.value, guard.stuck, guard.public.state.value, guard.pages.state.value)
        for name, guard in guards.items()
    }
