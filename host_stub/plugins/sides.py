"""The two sides of a plugin: what the panel asks of its own accord, and what strangers bring about.

Each has threads and a breaker of its own, so that nobody pauses a plugin's payments by what they send to its addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from host_stub.plugins.breaker import Breaker, BreakerState
from host_stub.plugins.containment import Pool, SideName
from host_stub.plugins.errors import PluginPaused

STUCK_WAIT: Final = timedelta(seconds=30)


class Side:
    """Threads and breaker of a plugin for one kind of places. now: the clock of the breaker."""

    def __init__(self, plugin: str, name: SideName, now: Callable[[], datetime]) -> None:
        self.name = name
        self.pool = Pool(f"plugin {plugin} {name}")
        self.breaker = Breaker(now)
        self._plugin = plugin

    @property
    def state(self) -> BreakerState:
        return BreakerState.OPEN if self.pool.exhausted else self.breaker.state

    def admit(self) -> None:
        """Let a call through. Raises PluginPaused."""
        if self.pool.exhausted:
            raise PluginPaused(self._plugin, "all its threads hang; it is not called until one ends", STUCK_WAIT)
        wait = self.breaker.admit()
        if wait is not None:
            raise PluginPaused(self._plugin, "it failed too often and is not called for a while", wait)

    def answered(self) -> None:
        """Take note of a call that ended as it may."""
        self.breaker.succeeded()

    def failed(self) -> None:
        """Take note of a call that raised or answered rubbish.

        On the public side that opens nothing: whoever sent it hears 503, and the next good message must not hear it,
        too. There only calls that do not end cost more than the answer.
        """
        if self.name is SideName.PUBLIC:
            self.breaker.succeeded()
        else:
            self.breaker.failed()

    def overran(self) -> None:
        """Take note of a call that was given up."""
        self.breaker.failed(at_once=self.pool.exhausted)
