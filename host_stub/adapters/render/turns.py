"""Whose document is drawn next: each reseller in turn, so that nobody's bills wait behind somebody else's previews."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from host_stub.adapters.render.errors import RendererBusy
from host_stub.domain.whose import Path

#: How many may wait: one person, one reseller, all together. Whoever waits holds a thread of the web server.
PERSON_WAITING: Final = 2
RESELLER_WAITING: Final = 8
WAITING: Final = 12


@dataclass(eq=False, slots=True)
class _Waiter:
    """Somebody who waits. path: reseller and person; empty: nobody in particular, whom only `WAITING` bounds."""

    path: Path

    @property
    def circles(self) -> tuple[Path, ...]:
        return tuple(self.path[: size + 1] for size in range(len(self.path)))


class Turns:
    """Lends `places` at once: to one person one of them, to one reseller all but one."""

    def __init__(self, places: int) -> None:
        self._places = self._free = places
        self._moved = threading.Condition(threading.Lock())
        self._held: Counter[Path] = Counter()
        self._waiting: list[_Waiter] = []
        self._served: dict[Path, int] = {}
        self._count = 0

    @contextmanager
    def turn(self, path: Path, patience_seconds: float) -> Iterator[None]:
        """Hold a place for the block. Raises RendererBusy after the patience, at once if too many wait already."""
        waiter = _Waiter(path)
        with self._moved:
            self._queue(waiter)
            try:
                self._wait(waiter, patience_seconds)
            finally:
                self._waiting.remove(waiter)
                self._moved.notify_all()
            self._take(waiter)
        try:
            yield
        finally:
            with self._moved:
                self._give_back(waiter)

    def _queue(self, waiter: _Waiter) -> None:
        waiting = Counter(circle for each in self._waiting for circle in each.circles)
        most = (RESELLER_WAITING, PERSON_WAITING)
        full = any(waiting[circle] >= limit for circle, limit in zip(waiter.circles, most, strict=False))
        if self._next(waiter) is not waiter and (full or len(self._waiting) >= WAITING):
            raise RendererBusy(0)
        self._waiting.append(waiter)

    def _wait(self, waiter: _Waiter, patience_seconds: float) -> None:
        until = time.monotonic() + patience_seconds
        while self._next() is not waiter:
            if not self._moved.wait(until - time.monotonic()):
                raise RendererBusy(patience_seconds)

    def _next(self, beside: _Waiter | None = None) -> _Waiter | None:
        """Return who of the waiting, and `beside`, is next: of the reseller that was served longest ago."""
        waiting = [*self._waiting, *([beside] if beside else [])]
        ready = [each for each in waiting if self._free and all(map(self._has_room, each.circles))]
        return min(ready, key=lambda each: self._served.get(each.path[:1], 0), default=None)

    def _has_room(self, circle: Path) -> bool:
        return self._held[circle] < (max(1, self._places - 1) if len(circle) == 1 else 1)

    def _take(self, waiter: _Waiter) -> None:
        self._free -= 1
        self._held.update(waiter.circles)
        self._count += 1
        in_use = {each.path[:1] for each in self._waiting} | {circle[:1] for circle in self._held}
        self._served = {who: at for who, at in self._served.items() if who in in_use}
        self._served[waiter.path[:1]] = self._count

    def _give_back(self, waiter: _Waiter) -> None:
        self._free += 1
        self._held.subtract(waiter.circles)
        self._held = +self._held
        self._moved.notify_all()
