"""Where plugins run: a few threads of their own, each call with a deadline.

Python cannot stop a thread. A call that overruns is given up by its caller at once and keeps its thread until it ends;
when all threads of one side of a plugin are stuck, nothing is called there any more, and everything else goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from enum import StrEnum
from queue import SimpleQueue
from typing import Any, Final

from billhook import BadSignature, MalformedNotification, ProviderError
from billhook.errors import CallbackError, PageError

#: On each side.
THREADS: Final = 4
#: How long a call waits for a thread that others of the same plugin use.
QUEUE_SECONDS: Final = 2.0
#: How many wait at once, on each side; one more is turned away. Whoever waits holds a thread of the web server, which
#: has more of them than both sides of a plugin can hold together (`WEB_THREADS`).
WAITING: Final = 4
WEB_THREADS: Final = 2 * (THREADS + WAITING) + 4


class SideName(StrEnum):
    """Who brings a call about. Each side of a plugin has threads and a breaker of its own."""

    OWN = "own"  # the panel, or somebody who is signed in
    PUBLIC = "public"  # whoever writes to an address that the plugin has in public


#: The places on the public side.
PUBLIC: Final = frozenset({"verify", "parse", "acknowledge", "link", "link_template"})

#: What a place may raise by contract, and what is therefore no failure.
ALLOWED: Final[Mapping[str, tuple[type[Exception], ...]]] = {
    "verify": (BadSignature, MalformedNotification, ProviderError),
    "parse": (BadSignature, MalformedNotification, ProviderError),
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

    __slots__ = ("answer", "context", "done", "error", "finished", "function", "given_up")

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
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

    stuck: how many are beyond their deadline. waiting: how many calls wait for a thread.
    """

    def __init__(self, name: str, size: int = THREADS) -> None:
        self._name = name
        self._size = size
        self._freed = threading.Condition(threading.Lock())
        self._idle: list[_Thread] = []
        self._threads = 0
        self.waiting = 0
        self.stuck = 0

    @property
    def exhausted(self) -> bool:
        return self.stuck >= self._size

    def run(self, function: Callable[[], Any], seconds: float) -> _Job:
        """Call in one of the threads; return the ended job. Raises Overran, NoThread."""
        job = _Job(function)
        if isinstance(own := threading.current_thread(), _Thread) and own.pool is self:
            job.run()  # a plugin that is called on behalf of its own call: waiting for a second thread may never end
            return job
        thread = self._take()
        thread.inbox.put(job)
        if not job.done.acquire(timeout=seconds):
            self._give_up(job, thread, seconds)
        return job

    def _take(self) -> _Thread:
        with self._freed:
            if not self._idle and self._threads < self._size:
                self._threads += 1
                return _Thread(self, f"{self._name} {self._threads}")
            if not self._idle:
                self._wait()
            return self._idle.pop()

    def _wait(self) -> None:
        """Wait until a thread is idle. Raises NoThread."""
        if self.waiting >= WAITING:
            raise NoThread
        until = time.monotonic() + QUEUE_SECONDS
        self.waiting += 1
        try:
            while not self._idle:
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
        raise Overran(seconds, _stack(thread))

    def ended(self, job: _Job, thread: _Thread) -> None:
        """Take a thread back."""
        with self._freed:
            job.finished = True
            self.stuck -= job.given_up
            self._idle.append(thread)
            self._freed.notify()
        job.done.release()


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
