"""Between the server and the panel: requests reach a thread as a whole, and a fair share of each client.

A body that comes slowly, or not at all, holds no thread: it is read here, with a deadline. One client's requests keep
at most half of the threads; the others wait without one.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from host_stub.config import Config
from host_stub.services.people.limits import network
from host_stub.web.security import WsgiApp, real_address

#: How long a body may take from its first byte to its last, and how long a request waits for its turn.
BODY_SECONDS: Final = 15.0
TURN_SECONDS: Final = 20.0
#: How many bodies are read at once: of one client, and of all.
BODIES_OF_ONE: Final = 16
BODIES: Final = 128

Headers = list[tuple[str, str]]
Reply = tuple[int, Headers, bytes]


class Scope(Protocol):
    """What the server says of a request (RSGI). client, server: address and port."""

    proto: str
    http_version: str
    method: str
    path: str
    query_string: str
    scheme: str
    client: str
    server: str

    @property
    def headers(self) -> Any: ...


class Served:
    """The panel as an RSGI application. threads: how many requests are worked on at once."""

    def __init__(self, app: WsgiApp, config: Config, threads: int) -> None:
        self._app, self._config = app, config
        self._pool = ThreadPoolExecutor(threads, "web")
        self._reading, self._turns = Turns(BODIES_OF_ONE), Turns(max(1, threads // 2))
        self._bodies: asyncio.Semaphore | None = None

    async def __rsgi__(self, scope: Scope, proto: Any) -> None:
        try:
            status, headers, body = await self._reply(scope, proto)
        except Refused as refused:
            status, headers, body = refused.reply
        proto.response_bytes(status, headers, body)

    def __rsgi_del__(self, _loop: object) -> None:
        """Bring what is under way to its end."""
        self._pool.shutdown(wait=True)

    async def _reply(self, scope: Scope, proto: Any) -> Reply:
        environ = environ_of(scope)
        peer, forwarded = environ["REMOTE_ADDR"], environ.get("HTTP_X_FORWARDED_FOR", "")
        client = network(real_address(peer, forwarded, self._config.trusted_proxies))
        body = await self._body(environ, client, proto)
        environ["wsgi.input"] = io.BytesIO(body)
        async with self._turns.turn(client):
            return await asyncio.get_running_loop().run_in_executor(self._pool, called, self._app, environ)

    async def _body(self, environ: dict[str, Any], client: str, proto: Any) -> bytes:
        """Return a request's body, empty for one that is larger than allowed, which the panel refuses by its length."""
        declared = environ.get("CONTENT_LENGTH", "")
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        if not chunked and (not declared.isdigit() or int(declared) > self._config.max_request_bytes):
            return b""
        self._bodies = self._bodies or asyncio.Semaphore(BODIES)
        async with self._reading.turn(client), held(self._bodies):
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await self._read(proto)
            except TimeoutError:
                raise Refused(408, "The request did not arrive in time.") from None
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return body

    async def _read(self, proto: Any) -> bytes:
        body = bytearray()
        async for part in proto:
            body += part
            if len(body) > self._config.max_request_bytes:
                raise Refused(413, "The request is too large.")
        return bytes(body)


class Turns:
    """Lets each client have some requests at once; further ones wait their turn."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._clients: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Hold one for the block. Raises Refused after TURN_SECONDS."""
        places, users = self._clients.get(client) or (asyncio.Semaphore(self._most), 0)
        self._clients[client] = places, users + 1
        try:
            async with held(places):
                yield
        finally:
            places, users = self._clients[client]
            self._clients[client] = places, users - 1
            if users == 1:
                del self._clients[client]


@asynccontextmanager
async def held(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """Hold one of the places for the block. Raises Refused after TURN_SECONDS."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await places.acquire()
    except TimeoutError:
        raise Refused(503, "Too much at once. Try again in a moment.") from None
    try:
        yield
    finally:
        places.release()


class Refused(Exception):
    """A request that never reaches the panel. reply: what its sender hears."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        headers = [
            ("content-type", "text/plain; charset=utf-8"),
            ("connection", "close"),
            ("cache-control", "no-store"),
        ]
        self.reply: Reply = (status, [*headers, ("retry-after", "10")], f"{words}\n".encode())


def environ_of(scope: Scope) -> dict[str, Any]:
    """Return a request as WSGI has it (PEP 3333), but for its body."""
    server, _colon, port = scope.server.rpartition(":")
    client = scope.client.rpartition(":")[0].strip("[]")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        parted = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{parted}{value}" if key in environ else value
    return environ


def called(app: WsgiApp, environ: dict[str, Any]) -> Reply:
    """Return what a WSGI application answers, as a whole."""
    begun: list[Any] = []
    written: list[bytes] = []

    def start_response(status: str, headers: Headers, _error: object = None) -> Callable[[bytes], object]:
        begun[:] = [int(status.partition(" ")[0]), headers]
        return written.append

    answer: Iterable[bytes] = app(environ, start_response)
    try:
        written.extend(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    return begun[0], begun[1], b"".join(written)
