"""What the calls of one plugin came to, counted by place in this process.

Places are those of `billhook.host.places`, and the collectors: what is counted does not grow with what is asked.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Final

from billhook.host.places import PLACES

#: Upper bounds of the durations that are told apart, in seconds; what took longer than the last stands after it.
#: Every deadline is one of them: what overran stands above its own.
BOUNDS: Final = tuple(sorted({0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, *(place.seconds for place in PLACES.values())}))
_SHORTEST: Final = BOUNDS[0]


class Tally:
    """The calls at one place. For many threads.

    failures: raised what the contract does not allow, answered rubbish or overran. overruns: of them, too slow.
    refused: not called, because the breaker was open or no thread was free. seconds: of all calls together.
    durations: calls by bound, in the order of BOUNDS; the last one is what took longer.
    """

    __slots__ = ("_lock", "durations", "failures", "overruns", "refused", "seconds")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.durations = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.failures = self.overruns = self.refused = 0

    @property
    def calls(self) -> int:
        """How many calls ended or were given up."""
        return sum(self.durations)

    def count(self, seconds: float) -> None:
        """Count a call that ended, or was given up, after so long."""
        # Most calls are short.
        bound = 0 if seconds <= _SHORTEST else bisect_left(BOUNDS, seconds)
        with self._lock:
            self.durations[bound] += 1
            self.seconds += seconds

    def fail(self, seconds: float, *, overran: bool = False) -> None:
        """Count a call that failed after so long."""
        self.count(seconds)
        with self._lock:
            self.failures += 1
            self.overruns += overran

    def all(self) -> tuple[list[int], float, int, int, int]:
        """Return durations, seconds, failures, overruns and refused, as of one instant."""
        with self._lock:
            return list(self.durations), self.seconds, self.failures, self.overruns, self.refused

    def refuse(self) -> None:
        """Count a call that was not made."""
        with self._lock:
            self.refused += 1


class Tallies:
    """All counts of one plugin in this process.

    places: the tallies by place; one that is not there yet comes from `at`. messages: what its gateway said, by
    (kind, verdict).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.places: dict[str, Tally] = {}
        self._messages: Counter[tuple[str, str]] = Counter()

    def at(self, place: str) -> Tally:
        """Return the tally of a place, or of a collector."""
        with self._lock:
            return self.places.setdefault(place, Tally())

    def heard(self, kind: str, verdict: str) -> None:
        """Count a message of the gateway. kind: `notification` or `question`."""
        with self._lock:
            self._messages[kind, verdict] += 1

    @property
    def messages(self) -> Mapping[tuple[str, str], int]:
        with self._lock:
            return dict(self._messages)
