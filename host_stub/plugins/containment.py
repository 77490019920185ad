"""Where plugins run: a few threads of their own, each call with a deadline.

Python cannot stop a thread. A call that overruns is given up by its caller at once and keeps its thread until it ends;
when all threads of one side of a plugin are stuck, nothing is called there any more, and everything else goes on.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from enum import StrEnum
from queue import SimpleQueue
from typing import Any, Final

from billhook import BadSignature, MalformedNotification, ProviderError
from billhook.errors import CallbackError, PageError

from host_stub.domain.whose import Path

#: On each side.
THREADS: Final = 5
#: Of these, what one reseller's calls hold at most, and one person's. The others stay free for everybody else.
OF_RESELLER: Final = 4
OF_PERSON: Final = 3
#: How long a call waits for a thread that others of the same plugin use.
QUEUE_SECONDS: Final = 2.0
#: How many wait at once, on each side; one more is turned away. Whoever waits holds a thread of the web server, which
#: has more of them than all sides of a plugin can hold together (`WEB_THREADS`).
WAITING: Final = 5


class SideName(StrEnum):
    """Who brings a call about. Each side of a plugin has threads and breakers of its own."""

    OWN = "own"  # the panel, whose payments, settings and events it is about
    PAGES = "pages"  # whoever opens a page or a link
    PUBLIC = "public"  # whoever writes to an address that the plugin has for gateways


WEB_THREADS: Final = len(SideName) * (THREADS + WAITING) + 4

#: Place → its side, if it is not the panel's own.
SIDES: Final[Mapping[str, SideName]] = {
    **dict.fromkeys(("verify", "parse", "claim", "returned", "acknowledge"), SideName.PUBLIC),
    **dict.fromkeys(("page", "page_template", "link", "link_template"), SideName.PAGES),
}
#: The places that strangers reach, without signing in.
ANONYMOUS: Final = frozenset({"verify", "parse", "claim", "returned", "acknowledge", "link", "link_template"})

#: What a place may raise by contract, and what is therefore no failure.
ALLOWED: Final[Mapping[str, tuple[type[Exception], ...]]] = {
    "verify": (BadSignature, MalformedNotification, ProviderError),
    **dict.fromkeys(("parse", "claim", "returned"), (BadSignature, MalformedNotification, ProviderError)),
    "acknowledge": (CallbackError, ProviderError),
    "document": (ProviderError,),
    "start": (ProviderError,),
    "query": (ProviderError,),
    "page": (PageError,),
    "link": (PageError,),
}


class Overran(Exception):
    """A call did not answer in time. stack: where it was at that moment, for the log."""

    def __init__(self, seconds: float, stack: str) -> None:
        super().__init__(f"did not answer within {seconds:g} s")
        self.stack = stack


class NoThread(Exception):
    """All threads are in use, and others wait for one already or nothing came free in time."""


class _Job:
    """A call and what came of it."""

    __slots__ = ("answer", "circles", "context", "done", "error", "finished", "function", "given_up")

    def __init__(self, function: Callable[[], Any], circles: Sequence[Path]) -> None:
        self.function = function
        self.circles = circles
        # Language, time zone and, for pages, the request: the plugin sees what its caller sees.
        self.context = copy_context()
        self.done = threading.Lock()
        self.done.acquire()
        self.answer: Any = None
        self.error: BaseException | None = None
        self.finished = self.given_up = False

    def run(self) -> None:
        try:
            self.answer = self.context.run(self.function)
        except BaseException as error:  # noqa: BLE001  a plugin may raise SystemExit, too: the caller judges
            self.error = error


class Pool:
    """The threads of one side of a plugin: at most `size`, made when needed, daemons.

    Nobody's calls hold all of them: who is named by a path has a share, and so has each circle that they belong to.
    stuck: how many are beyond their deadline. waiting: how many calls wait for a thread.
    """

    def __init__(self, name: str, size: int = THREADS) -> None:
        self._name = name
        self._size = size
        self._freed = threading.Condition(threading.Lock())
        self._idle: list[_Thread] = []
        self._threads = 0
        self._held: Counter[Path] = Counter()
        self._stuck: Counter[Path] = Counter()
        self.waiting = 0
        self.stuck = 0

    @property
    def exhausted(self) -> bool:
        return self.stuck >= self._size

    @property
    def stuck_shares(self) -> set[Path]:
        """Who reaches no thread until one of theirs ends."""
        if not self.stuck:
            return set()
        with self._freed:
            return {circle for circle, number in self._stuck.items() if number >= _share(circle)}

    def is_stuck_for(self, path: Path) -> bool:
        """Say whether somebody reaches no thread until one of theirs ends."""
        if not self.stuck:
            return False
        with self._freed:
            return any(self._stuck[circle] >= _share(circle) for circle in _circles(path))

    def run(self, function: Callable[[], Any], seconds: float, path: Path = ()) -> _Job:
        """Call in one of the threads; return the ended job. path: on whose behalf. Raises Overran, NoThread."""
        job = _Job(function, _circles(path))
        if isinstance(own := threading.current_thread(), _Thread) and own.pool is self:
            job.run()  # a plugin that is called on behalf of its own call: waiting for a second thread may never end
            return job
        thread = self._take(job.circles)
        thread.inbox.put(job)
        if not job.done.acquire(timeout=seconds):
            self._give_up(job, thread, seconds)
        return job

    def _take(self, circles: Sequence[Path]) -> _Thread:
        with self._freed:
            if not self._is_free(circles):
                self._wait(circles)
            for circle in circles:
                self._held[circle] += 1
            if self._idle:
                return self._idle.pop()
            self._threads += 1
            return _Thread(self, f"{self._name} {self._threads}")

    def _is_free(self, circles: Sequence[Path]) -> bool:
        if any(self._held[circle] >= _share(circle) for circle in circles):
            return False
        return bool(self._idle) or self._threads < self._size

    def _wait(self, circles: Sequence[Path]) -> None:
        """Wait until there is a thread for them. Raises NoThread."""
        if self.waiting >= WAITING:
            raise NoThread
        until = time.monotonic() + QUEUE_SECONDS
        self.waiting += 1
        try:
            while not self._is_free(circles):
                if self.exhausted or not self._freed.wait(until - time.monotonic()):
                    raise NoThread
        finally:
            self.waiting -= 1

    def _give_up(self, job: _Job, thread: _Thread, seconds: float) -> None:
        with self._freed:
            if job.finished:
                return
            job.given_up = True
            self.stuck += 1
            self._stuck.update(job.circles)
        raise Overran(seconds, _stack(thread))

    def ended(self, job: _Job, thread: _Thread) -> None:
        """Take a thread back."""
        with self._freed:
            job.finished = True
            self.stuck -= job.given_up
            for circle in job.circles:
                _less(self._held, circle)
                if job.given_up:
                    _less(self._stuck, circle)
            self._idle.append(thread)
            # All of them: whom it wakes may wait for a thread of a share that is still full.
            self._freed.notify_all()
        job.done.release()


def _circles(path: Path) -> tuple[Path, ...]:
    """Return whom a path names: the reseller, then the person."""
    return tuple(path[: size + 1] for size in range(len(path)))


def _share(circle: Path) -> int:
    """Return how many threads of a side those may hold together. Who has no reseller counts as one."""
    return OF_RESELLER if len(circle) == 1 else OF_PERSON


def _less(counted: Counter[Path], circle: Path) -> None:
    counted[circle] -= 1
    if not counted[circle]:
        del counted[circle]  # there are as many persons as there are visitors


class _Thread(threading.Thread):
    def __init__(self, pool: Pool, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.pool = pool
        self.inbox: SimpleQueue[_Job] = SimpleQueue()
        self.start()

    def run(self) -> None:
        while True:
            job = self.inbox.get()
            job.run()
            self.pool.ended(job, self)
            del job  # what it was called with is free while the thread waits


def _stack(thread: threading.Thread) -> str:
    import sys
    import traceback

    frame = sys._current_frames().get(thread.ident or 0)
    return "".join(traceback.format_stack(frame)[-6:]) if frame is not None else ""
