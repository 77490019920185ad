"""A breaker of one plugin: what fails again and again is not called for a while."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final

FAILURES: Final = 5
#: How many of them one of those may bring about who share a breaker: it takes at least three to open it for all.
OF_ONE: Final = 2
WINDOW: Final = timedelta(minutes=1)
PAUSE: Final = timedelta(seconds=30)


class BreakerState(StrEnum):
    CLOSED = "closed"  # calls go through
    OPEN = "open"  # calls fail at once
    PROBING = "probing"  # one call went through and decides


class Breaker:
    """Opens after FAILURES within WINDOW, for PAUSE; then one call is let through and decides. For many threads.

    ticks: the steady clock. until: the end of the pause by it, None while it is closed.
    State is kept in the process alone: each process finds out for itself.
    """

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._lock = threading.Lock()
        self._failed: deque[tuple[float, str]] = deque(maxlen=FAILURES)
        self.until: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        if self.until is None:
            return BreakerState.CLOSED
        return BreakerState.PROBING if self._probing else BreakerState.OPEN

    def admit(self) -> timedelta | None:
        """Return None if a call may be made now, else how long to wait. The first call after the pause is the probe."""
        if self.until is None:
            return None
        with self._lock:
            if self.until is None:
                return None
            left = self.until - self._ticks()
            if left > 0:
                return timedelta(seconds=left)
            # A probe whose end nobody reports does not lock the plugin out for ever.
            self.until, self._probing = self._ticks() + PAUSE.total_seconds(), True
            return None

    def succeeded(self) -> None:
        """Close after a probe."""
        if self.until is None:
            return
        with self._lock:
            if self._probing:
                self.until, self._probing = None, False
                self._failed.clear()

    @property
    def is_forgettable(self) -> bool:
        """Say whether a new breaker would do the same."""
        return self.until is None and (not self._failed or not self._is_recent(self._failed[-1][0]))

    def failed(self, *, at_once: bool = False, by: str = "") -> bool:
        """Count a failure; return whether the breaker opened by it.

        at_once: open whatever the count. by: which of those who share this breaker brought it about; they have one of
        their own besides, so that OF_ONE of theirs count here. Empty: nobody in particular, all count.
        """
        with self._lock:
            if by and not (at_once or self._probing) and self._of(by) >= OF_ONE:
                return False
            self._failed.append((self._ticks(), by))
            many = len(self._failed) == FAILURES and self._is_recent(self._failed[0][0])
            if not (many or at_once or self._probing):
                return False
            opened = self.until is None
            self.until, self._probing = self._ticks() + PAUSE.total_seconds(), False
            return opened

    def _of(self, one: str) -> int:
        return sum(who == one and self._is_recent(at) for at, who in self._failed)

    def _is_recent(self, at: float) -> bool:
        return self._ticks() - at <= WINDOW.total_seconds()
