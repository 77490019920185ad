"""Which sockets of a plugin wait without a limit, in whichever thread or event loop."""

from __future__ import annotations

import asyncio
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakSet

#: Calls of a socket that wait for the other side. What a file made of it reads goes through them, too.
_WAITING: Final = ("recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "send", "sendall", "sendmsg")
_WAITING_TLS: Final = ("recv", "recv_into", "send", "sendall", "read", "write", "do_handshake")
#: Threads that plugins started, by any check: a pool that a plugin keeps lives longer than one.
_STARTED: Final[WeakSet[threading.Thread]] = WeakSet()

#: Is told the host of a socket that waits for ever.
Tell = Callable[[str], None]


class Strangers:
    """Threads that are not the plugin's: those that were there before, and what the author's stand-in starts."""

    def __init__(self) -> None:
        here = threading.current_thread()
        self._known: WeakSet[threading.Thread] = WeakSet(
            each for each in threading.enumerate() if each is not here and each not in _STARTED
        )

    @property
    def here(self) -> bool:
        """Say whether it is a stranger that asks."""
        return threading.current_thread() in self._known

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The block, and the threads that it starts, count as strangers."""
        here = threading.current_thread()
        if here in self._known:
            yield
            return
        self._known.add(here)
        try:
            yield
        finally:
            self._known.discard(here)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A thread that is started inside the block belongs to whom its starter belongs."""
        start = threading.Thread.start

        @wraps(start)
        def noted(thread: threading.Thread) -> None:
            (self._known if self.here else _STARTED).add(thread)
            start(thread)

        with patch.object(threading.Thread, "start", noted):
            yield


def limit_of(sock: socket.socket) -> float | None:
    """Return how long a socket that is about to connect may wait: seconds, None for ever.

    In an event loop sockets never wait, the loop does: for ever, unless it has a timer, as `asyncio.timeout` sets one.
    """
    if sock.type != socket.SOCK_STREAM:
        return 0
    limit = sock.gettimeout()
    return None if limit == 0 and not _ends() else limit


def _ends() -> bool:
    """Say whether a running event loop of this thread has a timer; yes where none runs, or where that can't be told."""
    try:
        timers = getattr(asyncio.get_running_loop(), "_scheduled", None)
    except RuntimeError:
        return True
    return timers is None or any(not timer.cancelled() for timer in timers)


class Connected:
    """The sockets with which a plugin connected."""

    def __init__(self, strangers: Strangers, tell: Tell) -> None:
        self._strangers = strangers
        self._tell = tell
        self._hosts: dict[Any, str] = {}
        self._sockets: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def keep(self, sock: socket.socket, host: str) -> None:
        try:
            # TLS puts another object in the place of the socket; its own address stays.
            self._hosts[sock.getsockname()] = host
        except OSError:
            return
        self._sockets[sock] = host

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Tell of each wait without a limit inside the block."""
        with ExitStack() as stack:
            for kind, names in ((socket.socket, _WAITING), (ssl.SSLSocket, _WAITING_TLS)):
                for name in names:
                    stack.enter_context(patch.object(kind, name, self._waiting(getattr(kind, name))))
            for selector in {selectors.DefaultSelector, selectors.SelectSelector}:
                stack.enter_context(patch.object(selector, "select", self._selecting(selector.select)))
            stack.enter_context(_asking(self._strangers, self._tell))
            yield

    def _waiting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(sock: socket.socket, *arguments: Any, **options: Any) -> Any:
            if sock.gettimeout() is None and not self._strangers.here:
                self._tell_of(sock)
            return method(sock, *arguments, **options)

        return call

    def _tell_of(self, sock: socket.socket) -> None:
        try:
            host = self._hosts.get(sock.getsockname())
        except OSError:
            return
        if host is not None:
            self._tell(host)

    def _selecting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def select(selector: selectors.BaseSelector, timeout: float | None = None) -> Any:
            if timeout is None and not self._strangers.here:
                waited_for = {key.fd for key in selector.get_map().values()}
                for sock, host in list(self._sockets.items()):
                    if sock.fileno() in waited_for:
                        self._tell(host)
            return method(selector, timeout)

        return select


@contextmanager
def _asking(strangers: Strangers, tell: Tell) -> Iterator[None]:
    """Tell of each call of `requests` that would wait for an answer for ever: where nobody answers, no socket shows."""
    from requests import PreparedRequest
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    @wraps(send)
    def asked(
        adapter: HTTPAdapter, request: PreparedRequest, stream: Any = False, timeout: Any = None, **more: Any
    ) -> Any:
        if _is_endless(timeout) and not strangers.here:
            tell(urlsplit(request.url or "").hostname or "?")
        return send(adapter, request, stream, timeout, **more)

    with patch.object(HTTPAdapter, "send", asked):
        yield


def _is_endless(timeout: Any) -> bool:
    from urllib3 import Timeout

    if isinstance(timeout, Timeout):
        timeout = (timeout.connect_timeout, timeout.read_timeout) if timeout.total is None else timeout.total
    parts = timeout if isinstance(timeout, tuple) else (timeout,)
    return not all(isinstance(each, int | float) for each in parts)
