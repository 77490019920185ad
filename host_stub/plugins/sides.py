"""The sides of a plugin: what the panel asks of its own accord, pages that people open, what gateways send.

Each has threads and breakers of its own, so that nobody pauses a plugin's payments by opening its pages or by what they
send to its addresses. Within a side each reseller has a breaker and a share of the threads, and within the reseller
each person: what one of them brings about pauses them, and nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from billhook.host.places import SideName

from host_stub.domain.whose import Path
from host_stub.plugins.breaker import Breaker, BreakerState
from host_stub.plugins.containment import Pool
from host_stub.plugins.errors import PluginPaused

STUCK_WAIT: Final = timedelta(seconds=30)
#: Of so many breakers those are looked through that nobody needs any more.
_MANY: Final = 1000


class Side:
    """Threads and breakers of a plugin for one kind of places. ticks: the steady clock of the breakers.

    breaker: of the plugin as a whole. It opens when those of several resellers would.
    """

    def __init__(self, plugin: str, name: SideName, ticks: Callable[[], float]) -> None:
        self.name = name
        self.pool = Pool(f"plugin {plugin} {name}")
        self.breaker = Breaker(ticks)
        self._plugin, self._ticks = plugin, ticks
        self._lock = threading.Lock()
        self._breakers: dict[Path, Breaker] = {}

    @property
    def state(self) -> BreakerState:
        """How it stands for whom it stands worst."""
        if self.pool.exhausted or self.pool.stuck_shares:
            return BreakerState.OPEN
        found = {breaker.state for breaker in (self.breaker, *list(self._breakers.values()))}
        worst = (BreakerState.OPEN, BreakerState.PROBING)
        return next((state for state in worst if state in found), BreakerState.CLOSED)

    @property
    def is_whole(self) -> bool:
        """Say whether everybody is turned away while it is not closed, and not some alone."""
        return self.pool.exhausted or self.breaker.state is not BreakerState.CLOSED

    @property
    def quiet(self) -> bool:
        """Say whether every call is let through."""
        return self.breaker.until is None and not self._breakers and not self.pool.stuck

    def paused(self) -> list[Path]:
        """Return who is turned away, while not everybody is: of the resellers and persons, in order."""
        open_for = {path for path, breaker in list(self._breakers.items()) if breaker.until is not None}
        return sorted(open_for | self.pool.stuck_shares)

    def admit(self, path: Path = ()) -> None:
        """Let a call through. path: on whose behalf. Raises PluginPaused."""
        if self.pool.exhausted or self.pool.is_stuck_for(path):
            raise PluginPaused(self._plugin, "all its threads hang; it is not called until one ends", STUCK_WAIT)
        for breaker in self._of(path):
            wait = breaker.admit()
            if wait is not None:
                raise PluginPaused(self._plugin, "it failed too often and is not called for a while", wait)

    def answered(self, path: Path = ()) -> None:
        """Take note of a call that ended as it may."""
        for breaker in self._of(path):
            breaker.succeeded()

    def failed(self, path: Path = (), *, anonymous: bool = False) -> None:
        """Take note of a call that raised or answered rubbish. anonymous: see `Place`.

        Where nobody is signed in that opens nothing: whoever sent it hears 503, and the next good message must not hear
        it, too. There only calls that do not end cost more than the answer.
        """
        if anonymous:
            self.answered(path)
        else:
            self._count(path)

    def overran(self, path: Path = ()) -> None:
        """Take note of a call that was given up."""
        self._count(path)

    def forget(self) -> None:
        """Forget what failed."""
        self.breaker, self._breakers = Breaker(self._ticks), {}

    def _count(self, path: Path) -> None:
        """Count a failure for the person, the reseller and the plugin, the narrowest circle first."""
        for size in range(len(path), -1, -1):
            circle, by = path[:size], path[size] if size < len(path) else ""
            stuck = self.pool.is_stuck_for(circle) if circle else self.pool.exhausted
            self._breaker(circle).failed(at_once=stuck, by=by)

    def _of(self, path: Path) -> list[Breaker]:
        """Return the breakers through which a call on somebody's behalf goes, the widest first."""
        if not self._breakers:
            return [self.breaker] if self.breaker.until is not None else []
        narrower = (self._breakers.get(path[: size + 1]) for size in range(len(path)))
        return [self.breaker, *(each for each in narrower if each is not None)]

    def _breaker(self, circle: Path) -> Breaker:
        if not circle:
            return self.breaker
        with self._lock:
            if len(self._breakers) >= _MANY:
                self._breakers = {who: each for who, each in self._breakers.items() if not each.is_forgettable}
            return self._breakers.setdefault(circle, Breaker(self._ticks))
