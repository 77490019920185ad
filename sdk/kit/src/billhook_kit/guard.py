"""Watch what a plugin does outside itself: sockets, clocks, logs."""

from __future__ import annotations

import datetime as dt
import errno
import ipaddress
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from io import StringIO
from tempfile import TemporaryFile
from types import ModuleType, SimpleNamespace
from typing import Any, Final, NamedTuple, TextIO
from unittest.mock import patch

from billhook_kit.waits import Connected, Strangers, limit_of

_NOWHERE: Final = "192.0.2."  # documentation addresses: nothing listens there


@dataclass(frozen=True, slots=True)
class Connection:
    """An attempt to reach a host. host: its name, if it was asked for. limit: seconds, None for a socket that would
    wait for ever."""

    host: str
    limit: float | None


@dataclass(slots=True)
class Network:
    """What a plugin tried while the network was closed.

    names: by address, the name for which it stands. strangers: threads that are not the plugin's.
    """

    tried: list[Connection] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    strangers: Strangers = field(default_factory=Strangers)

    def address_of(self, name: str) -> str:
        """Return an address that leads nowhere, the same for the same name."""
        known = {each: address for address, each in self.names.items()}
        address = known.get(name) or f"{_NOWHERE}{len(self.names) % 254 + 1}"
        self.names[address] = name
        return address


@contextmanager
def closed_network() -> Iterator[Network]:  # noqa: C901  each patched call is a function of its own
    """Nothing leaves this machine inside the block; record what was tried, and what waits without a limit.

    Loopback stays open: stand-ins for a gateway live there, in threads of their own, which are not recorded.
    Seen are Python's own sockets and event loops; not what C code, another program or a bare `select` waits for.
    """
    seen = Network()
    connected = Connected(seen.strangers, lambda host: seen.tried.append(Connection(host, None)))
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(sock: socket.socket, address: Any) -> bool:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return False
        host = str(address[0])
        if not seen.strangers.here:
            seen.tried.append(Connection(seen.names.get(host, host), limit_of(sock)))
        return not _is_here(host)

    def keep(sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not seen.strangers.here:
            connected.keep(sock, str(address[0]))

    def guarded(sock: socket.socket, address: Any) -> None:
        if refuse(sock, address):
            raise ConnectionRefusedError("the kit lets nothing out of this machine")
        try:
            connect(sock, address)
        finally:
            keep(sock, address)  # also what goes on connecting: an event loop waits for it

    def guarded_ex(sock: socket.socket, address: Any) -> int:
        if refuse(sock, address):
            return errno.ECONNREFUSED
        code = connect_ex(sock, address)
        keep(sock, address)
        return code

    def guarded_resolve(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        # Names resolve to nowhere, so that the attempt to connect shows its limit.
        to = text if text is None or _is_here(text) or text in seen.names else seen.address_of(text)
        return resolve(to, port, *more, **options)

    with ExitStack() as stack:
        stack.enter_context(patch.object(socket.socket, "connect", guarded))
        stack.enter_context(patch.object(socket.socket, "connect_ex", guarded_ex))
        stack.enter_context(patch.object(socket, "getaddrinfo", guarded_resolve))
        stack.enter_context(seen.strangers.watched())
        stack.enter_context(connected.watched())
        yield seen


def _is_here(host: str) -> bool:
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_AT_IMPORT: Final = """
import sys
sys.path[:] = {path!r}
import _thread, billhook.host.loading, importlib, os, threading, time
def tell(what):
    sys.stderr.write(what + chr(10))
    sys.stderr.flush()
    os._exit(3)
def watch(event, arguments):
    if event == "socket.bind" and arguments[1][:2] in (("127.0.0.1", 0), ("::1", 0)):
        return  # urllib3 looks whether there is IPv6: nobody can be reached so
    if event in {watched!r}:
        plain = [each for each in arguments if isinstance(each, (str, bytes, int, tuple, list))]
        tell("TOUCHED " + event + " " + repr(plain[:2]))
sys.addaudithook(watch)
before, count = set(threading.enumerate()), _thread._count()
billhook.host.loading.load({name!r}, importlib.import_module({module!r}))
until = time.monotonic() + {grace!r}
time.sleep(0.02)  # one that was started just now is not counted before it runs
while _thread._count() > count and time.monotonic() < until:
    time.sleep(0.01)
for thread in set(threading.enumerate()) - before:
    tell("THREAD " + thread.name)
if _thread._count() > count:
    tell("THREAD without a name")
os._exit(0)
"""
_REACHING_OUT: Final = (
    *("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"),
    *("subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec"),
)
#: How long a thread may take that ends by itself.
_GRACE_SECONDS: Final = 0.3


class AtImport(NamedTuple):
    """What a plugin did while it was imported and loaded. touched: what it reached for first. thread: what goes on."""

    touched: str = ""
    thread: str = ""


def seen_at_import(name: str, module: str) -> AtImport:
    """Import and load a plugin in a fresh process.

    An audit hook sees sockets and processes whichever way they are opened; what fails otherwise is not told here.
    """
    script = _AT_IMPORT.format(path=sys.path, name=name, module=module, watched=_REACHING_OUT, grace=_GRACE_SECONDS)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    for line in done.stderr.splitlines():
        kind, _, what = line.partition(" ")
        if kind in ("TOUCHED", "THREAD"):
            return AtImport(touched=what) if kind == "TOUCHED" else AtImport(thread=what)
    return AtImport()


class _Ear:
    """Hears what any logger is given, whether its handlers pass it on or not."""

    def __init__(self, into: StringIO) -> None:
        self._into = into
        self._known = frozenset(vars(logging.makeLogRecord({})))
        self._format = logging.Formatter().format

    def hear(self, record: logging.LogRecord) -> None:
        more = {name: value for name, value in vars(record).items() if name not in self._known}
        try:
            self._into.write(f"{self._format(record)}\n{more or ''}\n")
        except Exception as error:  # noqa: BLE001  what can't be written is not what is looked for
            self._into.write(f"{error!r}\n")


@contextmanager
def overheard() -> Iterator[StringIO]:
    """Collect everything that is logged, printed or warned inside the block, at every level.

    Each record is heard at its own logger, behind the logger's filters: what has handlers of its own and passes nothing
    on writes somewhere, too.
    """
    into = StringIO()
    ear = _Ear(into)
    call_handlers = logging.Logger.callHandlers

    def heard(logger: logging.Logger, record: logging.LogRecord) -> None:
        ear.hear(record)
        call_handlers(logger, record)

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.NOTSET)
    try:
        with (
            patch.object(logging.Logger, "callHandlers", heard),
            _printed() as printed,
            redirect_stdout(into),
            redirect_stderr(into),
        ):
            yield into
        into.write(printed.getvalue())
    finally:
        root.setLevel(level)


@contextmanager
def _printed() -> Iterator[StringIO]:
    """Collect what is written to the process's own streams, by whoever held them before; filled when the block ends."""
    found = StringIO()
    with TemporaryFile() as file, ExitStack() as stack:
        for number, stream in ((1, sys.__stdout__), (2, sys.__stderr__)):
            stack.enter_context(_led_to(file.fileno(), number, stream))
        yield found
        stack.close()
        file.seek(0)
        found.write(file.read().decode("utf-8", "replace"))


@contextmanager
def _led_to(target: int, number: int, stream: TextIO | None) -> Iterator[None]:
    try:
        kept = os.dup(number)
    except OSError:  # a service may have closed it
        yield
        return
    _flush(stream)
    os.dup2(target, number)
    try:
        yield
    finally:
        _flush(stream)
        os.dup2(kept, number)
        os.close(kept)


def _flush(stream: TextIO | None) -> None:
    with suppress(OSError, ValueError):
        if stream is not None:
            stream.flush()


_LATER: Final = dt.timedelta(days=3653)


class _Moved(type):
    """Makes real instants count as instances of the moved class, which plugins ask with isinstance."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__mro__[1])


class _LaterInstant(dt.datetime, metaclass=_Moved):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return dt.datetime.now(tz) + _LATER

    @classmethod
    def utcnow(cls) -> Any:
        return dt.datetime.now(dt.UTC).replace(tzinfo=None) + _LATER

    @classmethod
    def today(cls) -> Any:
        return dt.datetime.now() + _LATER  # noqa: DTZ005  stands in for a call that is naive


class _LaterDay(dt.date, metaclass=_Moved):
    @classmethod
    def today(cls) -> Any:
        return dt.date.today() + _LATER  # noqa: DTZ011  stands in for a call that is naive


@contextmanager
def ten_years_later(modules: Iterable[ModuleType]) -> Iterator[None]:
    """Move the clock inside the block: `time.time` for all, `datetime` as these modules know it."""
    seconds = _LATER.total_seconds()
    now, now_ns = time.time, time.time_ns
    module = SimpleNamespace(**{**vars(dt), "datetime": _LaterInstant, "date": _LaterDay})
    swaps: list[tuple[Any, Any]] = [(dt.datetime, _LaterInstant), (dt.date, _LaterDay), (dt, module)]
    with ExitStack() as stack:
        stack.enter_context(patch.object(time, "time", lambda: now() + seconds))
        stack.enter_context(patch.object(time, "time_ns", lambda: now_ns() + int(seconds) * 10**9))
        for each in modules:
            held = [(name, moved) for name, value in vars(each).items() for real, moved in swaps if value is real]
            for name, moved in held:
                stack.enter_context(patch.object(each, name, moved))
        yield
