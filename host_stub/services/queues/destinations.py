"""Places outside that many people's work goes to: one that is silent or slow keeps nobody else's work waiting.

State is kept in the process alone, on its steady clock: each process finds out for itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

#: How soon to ask again for a place that is full: somebody is about to leave.
FULL: Final = timedelta(seconds=5)
#: While others were to be called within this time, slow places leave most threads to those.
AROUND_SECONDS: Final = 10.0
#: Of so many places those are forgotten at which nobody is and of which nothing bad is known.
_MANY: Final = 5000


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many threads may be at one place at once, and how long one that fell silent is left alone: doubling, bounded.

    host: how many at all places of one host. tolerated: silences in a row after which a place is left alone.
    suspects: how many at all silent places together.
    slow_seconds: a place whose latest call took longer is slow. slow: how many may be at slow places together while
        others are called, and slow_alone while none are: the rest is free for whoever comes.
    """

    first_rest: timedelta
    longest_rest: timedelta
    each: int = 2
    host: int = 3
    suspects: int = 1
    tolerated: int = 1
    slow_seconds: float = 1.0
    slow: int = 2
    slow_alone: int = 4


@dataclass(slots=True)
class _Place:
    """inside: calls that have not ended. since: when those began that hold a thread, the oldest first.

    slow: whether the latest call was; None if there was none yet.
    """

    host: str
    inside: int = 0
    since: deque[float] = field(default_factory=deque)
    silences: int = 0
    opens_at: float = 0.0
    slow: bool | None = None


class Destinations:
    """The doors of all places. For many threads. ticks: the steady clock."""

    def __init__(self, ticks: Callable[[], float], bounds: Bounds) -> None:
        self._ticks = ticks
        self._bounds = bounds
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._others_at = float("-inf")

    def enter(self, name: str, host: str = "") -> timedelta | None:
        """Return None if the place may be called now, and `leave` is to be called after it; else how long to wait.

        host: shared by several places, of which each falls silent on its own.
        """
        with self._lock:
            if len(self._places) >= _MANY:
                self._forget(lambda place: not (place.inside or place.silences or place.slow))
            place = self._places.setdefault(name, _Place(host))
            at = self._ticks()
            if place.opens_at > at:
                return timedelta(seconds=place.opens_at - at)
            if not (place.slow or place.silences):
                self._others_at = at
            if self._is_full(place, at):
                return FULL
            place.inside += 1
            place.since.append(at)
            return None

    def linger(self, name: str) -> None:
        """Say that a call goes on without a thread: it keeps its seat, and is left as `lingering`."""
        with self._lock:
            self._time(self._places[name])

    def leave(self, name: str, *, answered: bool | None, lingering: bool = False) -> None:
        """Say that a call is over, and whether the place answered, whatever it said. None: it was not called."""
        bounds = self._bounds
        with self._lock:
            place = self._places[name]
            place.inside -= 1
            if answered is None:
                place.since.pop()
            elif not lingering:
                self._time(place)
            if answered is not None:
                place.silences = 0 if answered else place.silences + 1
            beyond = place.silences - bounds.tolerated
            if beyond >= 0 and answered is False:
                rest = min(bounds.first_rest * (1 << min(beyond, 20)), bounds.longest_rest)
                place.opens_at = self._ticks() + rest.total_seconds()

    def silent(self) -> list[str]:
        """Return the places that are left alone, by name. One that nobody called when it was time is forgotten."""
        with self._lock:
            old = self._ticks() - self._bounds.longest_rest.total_seconds()
            self._forget(lambda place: bool(place.silences) and not place.inside and place.opens_at < old)
            return sorted(name for name, place in self._places.items() if place.silences >= self._bounds.tolerated)

    def _time(self, place: _Place) -> None:
        # Which of two calls ended does not matter: both were to the same place.
        place.slow = self._ticks() - place.since.popleft() > self._bounds.slow_seconds

    def _forget(self, which: Callable[[_Place], bool]) -> None:
        self._places = {name: place for name, place in self._places.items() if not which(place)}

    def _is_full(self, place: _Place, at: float) -> bool:
        bounds = self._bounds
        if place.inside >= (1 if place.silences or place.slow else bounds.each):
            return True
        if place.host and self._inside(lambda each: each.host == place.host) >= bounds.host:
            return True
        if place.silences:
            return self._inside(lambda each: each.silences > 0) >= bounds.suspects
        if place.slow is False:
            return False
        # What nobody has called yet may be slow, too.
        alone = not place.slow or at - self._others_at > AROUND_SECONDS
        return self._held(at) >= (bounds.slow_alone if alone else bounds.slow)

    def _inside(self, which: Callable[[_Place], bool]) -> int:
        return sum(place.inside for place in self._places.values() if place.inside and which(place))

    def _held(self, at: float) -> int:
        """Return how many threads are held by calls that are long by now, or may be for all that anybody knows."""
        expected = self._bounds.slow_seconds
        return sum(
            1
            for place in self._places.values()
            for since in place.since
            if place.slow or place.silences or at - since > expected
        )
