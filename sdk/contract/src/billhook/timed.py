"""`requests` with one limit over a whole call, whatever the other side does with each single read.

A socket's own limit begins anew with every byte. Here each wait gets what is left of the call: every address that is
tried, TLS, sending, the answer's headers, its body.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any, Final
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from billhook.http import GatewayUnreachable, may_call

_CHUNK: Final = 64 * 1024
#: With nothing left: 0 would make a socket that does not wait at all, which raises other errors.
_AT_ONCE: Final = 0.001


class TimedSession(Session):
    """A session whose calls end in time, each with a bounded answer that was read whole. See billhook.http.session."""

    def __init__(self, connect_seconds: float, read_seconds: float, total_seconds: float, largest: int) -> None:
        super().__init__()
        self.trust_env = False
        self._each = (connect_seconds, read_seconds)
        self._total = total_seconds
        self._largest = largest
        self._until = 0.0
        adapter = _TimedAdapter(self._left)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def request(self, method: str | bytes, url: str | bytes, **options: Any) -> Response:  # type: ignore[override]
        try:
            return super().request(method, url, **options)
        except RequestException as error:  # what is no address never gets as far as `send`
            raise GatewayUnreachable(_told(error, url)) from None

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        self._until = time.monotonic() + self._total
        options |= {"timeout": _lower(options.get("timeout"), self._each), "stream": True}
        try:
            answer = super().send(request, **options)
            answer._content = self._bounded(answer)
        except RequestException as error:
            why = _told(error, request.url) if self._left() else f"{self._late}: {_host(request.url)}"
            raise GatewayUnreachable(why) from None
        return answer

    def get_redirect_target(self, resp: Response) -> None:
        """Return no way on: requests would first read the body of what sends it there, without a bound."""

    def _left(self) -> float:
        """Return the seconds that are left of the present call; 0 when there are none."""
        return max(0.0, self._until - time.monotonic())

    @property
    def _late(self) -> str:
        return f"no whole answer within {self._total:g} s"

    def _bounded(self, answer: Response) -> bytes:
        body = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            body += chunk
            fault = f"the answer is larger than {self._largest} bytes" if len(body) > self._largest else ""
            # Whoever mounts an adapter of their own has no other limit than this.
            fault = fault or ("" if self._left() else self._late)
            if fault:
                answer.close()
                raise GatewayUnreachable(f"{fault}: {_host(answer.url)}")
        return bytes(body)


def _lower(asked: Any, limits: tuple[float, float]) -> tuple[float, float]:
    if asked is None:
        return limits
    connect, read = asked if isinstance(asked, tuple) else (asked, asked)
    return min(connect or limits[0], limits[0]), min(read or limits[1], limits[1])


def _told(error: RequestException, url: str | bytes | None) -> str:
    """Return what went wrong, for a log: requests and urllib3 name the whole address, so their own words are left out,
    and the error is raised without them as its cause."""
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    reason = f" ({inner})" if isinstance(inner, OSError) and not isinstance(inner, RequestException) else ""
    return f"{type(error).__name__}: {_host(url)}{reason}"


def _host(url: str | bytes | None) -> str:
    """Return the host alone: paths and queries of gateways carry tokens."""
    return urlsplit(url.decode() if isinstance(url, bytes) else url or "").hostname or "?"


Left = Callable[[], float]


class _TimedAdapter(HTTPAdapter):
    def __init__(self, left: Left) -> None:
        self._pools = _pools(left)
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(left: Left) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools with connections that ask `left` before each wait."""
    asked = staticmethod(left)
    plain = type("TimedConnection", (_Timed, HTTPConnection), {"left": asked})
    closed = type("TimedTlsConnection", (_Timed, HTTPSConnection), {"left": asked})
    return {
        "http": type("TimedPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TimedTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": closed}),
    }


class _Refused(OSError):
    """A name leads only where the host lets nobody call."""


class _Timed(HTTPConnection):
    """What both connections have in common. left: the seconds that remain of the call."""

    left: Left

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.response_class = self._response  # type: ignore[assignment]  # http.client calls whatever stands here

    def _new_conn(self) -> socket.socket:
        """Connect to one address after the other. urllib3 gives each of them the whole limit."""
        name, limit = self._dns_host, self.timeout
        try:
            addresses = self._allowed(name)
            for number, address in enumerate(addresses, start=1):
                self.host, self.timeout = address, self._clamped(limit)
                try:
                    sock = super()._new_conn()
                    sock.settimeout(self._clamped(limit))  # what follows may be TLS
                    return sock
                except (ConnectTimeoutError, NewConnectionError):
                    if number == len(addresses) or not self.left():
                        raise
        finally:
            self.host, self.timeout = name, limit
        raise AssertionError("a name that is resolved has an address")

    def _allowed(self, name: str) -> list[str]:
        """Return the addresses of a name that may be called: these, and no later answer, are connected to."""
        addresses = list(dict.fromkeys(str(each[4][0]) for each in self._resolved(name)))
        allowed = [address for address in addresses if may_call(address)]
        if not allowed:
            raise NewConnectionError(self, "refused") from _Refused(f"{addresses[0]} may not be called from here")
        return allowed

    def _resolved(self, name: str) -> list[Any]:
        try:
            return socket.getaddrinfo(name.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from error

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._clamped(self.timeout))
        super().send(data)

    def _response(self, sock: socket.socket, *arguments: Any, **options: Any) -> HTTPResponse:
        answer = HTTPResponse(sock, *arguments, **options)
        answer.fp = BufferedReader(_TimedReader(answer.fp.detach(), sock, self))
        return answer

    def _clamped(self, seconds: Any) -> float:
        return max(_AT_ONCE, min(float(seconds), self.left()))


class _TimedReader(RawIOBase):
    """Reads from a socket, never longer than the call has left."""

    def __init__(self, raw: RawIOBase, sock: socket.socket, connection: _Timed) -> None:
        self._raw = raw
        self._sock = sock
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(self._connection._clamped(self._connection.timeout))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
