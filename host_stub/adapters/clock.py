"""Time comes from here and nowhere else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

#: It goes on while the machine sleeps; where there is none, a sleep counts as no time.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the present instant, aware, UTC, whole microseconds. It may be set, forth and back."""

    def ticks(self) -> float:
        """Return seconds that only ever grow, whatever is set; they mean nothing outside this process."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ticks(self) -> float:
        return time.clock_gettime(_STEADY)


class FixedClock:
    """A clock that stands still until it is moved; for tests and for demo data.

    Time passes by `set` (forwards) and `advance`; `step` is somebody who sets the wall clock.
    """

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("an instant has a time zone")
        self._at = at.astimezone(UTC)
        self._ticks = 0.0

    def now(self) -> datetime:
        return self._at

    def ticks(self) -> float:
        return self._ticks

    def set(self, at: datetime) -> None:
        self._ticks += max((at - self._at).total_seconds(), 0.0)
        self._at = at.astimezone(UTC)

    def advance(self, **step: float) -> datetime:
        """Move on by a timedelta given as keywords (`hours=1`) and return the new instant."""
        self._at += timedelta(**step)
        self._ticks += timedelta(**step).total_seconds()
        return self._at

    def step(self, **step: float) -> datetime:
        """Set the wall clock forth or back: no time passes."""
        self._at += timedelta(**step)
        return self._at
