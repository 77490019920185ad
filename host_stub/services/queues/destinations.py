"""Places outside that many people's work goes to: one that falls silent keeps nobody else's work waiting.

State is kept in the process alone, on its steady clock: each process finds out for itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

#: How soon to ask again for a place that is full: somebody is about to leave.
FULL: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many may be at one place at once, and how long one that fell silent is left alone: doubling, bounded.

    tolerated: silences in a row after which it is left alone.
    suspects: how many may be at all silent places together. The others' threads are free of them, whatever they do.
    """

    first_rest: timedelta
    longest_rest: timedelta
    each: int = 2
    suspects: int = 1
    tolerated: int = 1


@dataclass(slots=True)
class _Place:
    inside: int = 0
    silences: int = 0
    opens_at: float = 0.0


class Destinations:
    """The doors of all places. For many threads. ticks: the steady clock."""

    def __init__(self, ticks: Callable[[], float], bounds: Bounds) -> None:
        self._ticks = ticks
        self._bounds = bounds
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}

    def enter(self, name: str) -> timedelta | None:
        """Return None if the place may be called now, and `leave` is to be called after it; else how long to wait."""
        with self._lock:
            place = self._places.setdefault(name, _Place())
            left = place.opens_at - self._ticks()
            if left > 0:
                return timedelta(seconds=left)
            if place.inside >= self._room(place):
                return FULL
            place.inside += 1
            return None

    def leave(self, name: str, *, answered: bool | None) -> None:
        """Say that a call is over, and whether the place answered, whatever it said. None: it was not called."""
        bounds = self._bounds
        with self._lock:
            place = self._places[name]
            place.inside -= 1
            if answered is not None:
                place.silences = 0 if answered else place.silences + 1
            beyond = place.silences - bounds.tolerated
            if beyond >= 0 and answered is False:
                rest = min(bounds.first_rest * (1 << min(beyond, 20)), bounds.longest_rest)
                place.opens_at = self._ticks() + rest.total_seconds()
            if not place.inside and not place.silences:
                del self._places[name]

    def silent(self) -> list[str]:
        """Return the places that are left alone, by name."""
        with self._lock:
            return sorted(name for name, place in self._places.items() if place.silences >= self._bounds.tolerated)

    def _room(self, place: _Place) -> int:
        if not place.silences:
            return self._bounds.each
        others = sum(each.inside for each in self._places.values() if each.silences)
        return 0 if others >= self._bounds.suspects else 1
