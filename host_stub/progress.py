"""How the jobs of a worker do: that work gets done, not that a loop turns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from host_stub.services.queues.heartbeat import JobState


@dataclass(slots=True)
class _Pace:
    """One thread of a job. ended: when a step last ended well."""

    job: str
    patience: float
    ended: float
    error: str = ""


class Progress:
    """Notes when steps end, on the steady clock. For many threads."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._lock = threading.Lock()
        self._paces: dict[str, _Pace] = {}

    def expect(self, thread: str, job: str, patience: float) -> None:
        """Say that a thread does a job. patience: seconds without a step that ended well, after which it is stuck."""
        with self._lock:
            self._paces[thread] = _Pace(job, patience, self._ticks())

    def ended(self, thread: str, error: str = "") -> None:
        """Say that a step ended. error: why it failed; such a step is no progress."""
        with self._lock:
            pace = self._paces[thread]
            pace.error = error
            if not error:
                pace.ended = self._ticks()

    def states(self) -> list[JobState]:
        """Return each job as its worst thread is."""
        with self._lock:
            at = self._ticks()
            by_job: dict[str, list[_Pace]] = {}
            for pace in self._paces.values():
                by_job.setdefault(pace.job, []).append(pace)
            return [_state(job, paces, at) for job, paces in by_job.items()]


def _state(job: str, paces: Sequence[_Pace], at: float) -> JobState:
    worst = max(paces, key=lambda pace: (at - pace.ended) / pace.patience)
    idle = at - worst.ended
    return JobState(job, int(idle), stuck=idle > worst.patience, error=worst.error)
