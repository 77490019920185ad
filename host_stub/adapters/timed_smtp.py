"""`smtplib` with an end to every wait: a socket's own limit begins anew with every byte that trickles in."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable
from typing import Any, Final

from host_stub.adapters.clock import SystemClock

#: Of what one answer may have, in bytes: nobody's memory is filled by a server that talks on.
LONGEST_ANSWER: Final = 64 * 1024
_CHUNK: Final = 16 * 1024
#: With nothing left: 0 would make a socket that does not wait at all, which raises other errors.
_AT_ONCE: Final = 0.001

Ticks = Callable[[], float]


class Answers:
    """What a server says, line by line, as smtplib reads it. What has come stays here when the wait for more is over.

    ends: by the steady clock, when waiting for the present answer ends.
    """

    def __init__(self, sock: socket.socket, ticks: Ticks) -> None:
        self._sock = sock
        self._ticks = ticks
        self._come = bytearray()
        self._read = 0
        self.ends = ticks()

    def begin(self, ends: float) -> None:
        """Wait for one more answer, until `ends`."""
        self.ends, self._read = ends, 0

    def readline(self, limit: int) -> bytes:
        """Return a line with its end, less of one that is longer, what there is when the server hung up.

        Raises OSError: out of time, or the answer is too long.
        """
        while (end := self._come.find(b"\n") + 1) == 0 and len(self._come) < limit and self._more():
            pass
        size = min(end or limit, limit)
        line = bytes(self._come[:size])
        del self._come[:size]
        return line

    def is_whole(self) -> bool:
        """Wait until all of an answer has come, or it is sure that it never will; return False when time is up."""
        try:
            while not self._has_end() and self._more():
                pass
        except TimeoutError:
            return False
        except OSError:
            return True  # whoever reads it hears so
        return True

    def close(self) -> None:
        """Forget what has come: smtplib closes the socket."""
        self._come.clear()

    def _has_end(self) -> bool:
        lines = self._come.split(b"\n")[:-1]
        return any(line[3:4] != b"-" for line in lines)

    def _more(self) -> bool:
        if self._read > LONGEST_ANSWER:
            raise OSError(f"an answer of more than {LONGEST_ANSWER} bytes")
        self._sock.settimeout(max(_AT_ONCE, self.ends - self._ticks()))
        come = self._sock.recv(_CHUNK)
        self._come += come
        self._read += len(come)
        return bool(come)


class TimedSMTP(smtplib.SMTP):
    """A connection in which each answer takes no longer than `timeout`, and all of them no longer than `within` said.

    How long the system takes to resolve a name is not limited here.
    """

    _ticks: Ticks = staticmethod(SystemClock().ticks)
    _until = 0.0
    file: Answers | None

    def open(self, host: str, port: int, seconds: float) -> None:
        """Connect and be greeted; all up to the next `within` takes so long at most. Raises as smtplib does."""
        self._host = host  # TLS asks for its certificate by it
        self.within(seconds)
        code, words = self.connect(host, port)
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, words)

    def within(self, seconds: float) -> None:
        """Bound the time of what follows."""
        self._until = self._ticks() + seconds

    def has_answer(self, seconds: float) -> bool:
        """Wait for the whole of an answer that `getreply` then returns at once; return False if it did not come."""
        self.within(seconds)
        self._answers().begin(self._until)
        return self._answers().is_whole()

    def getreply(self) -> tuple[int, bytes]:
        self._answers().begin(min(self._ticks() + self._each, self._until))
        return super().getreply()

    def send(self, s: Any) -> None:
        """Send piece by piece: for one that the server takes no time begins anew, but all of it has an end."""
        content = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        for at in range(0, len(content), _CHUNK):
            self._hurry()
            super().send(content[at : at + _CHUNK])

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect to one address after the other: all of them share the time."""
        error: OSError = OSError("the name has no address")
        for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._left())
                sock.connect(address)
                sock.settimeout(self._left())  # what follows may be TLS
            except OSError as failed:
                sock.close()
                error = failed
            else:
                return sock
        raise error

    @property
    def _each(self) -> float:
        return float(self.timeout)

    def _left(self) -> float:
        return max(_AT_ONCE, min(self._each, self._until - self._ticks()))

    def _hurry(self) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._left())

    def _answers(self) -> Answers:
        if self.file is None:
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("please run connect() first")
            self.file = Answers(self.sock, self._ticks)
        return self.file


class TimedSMTP_SSL(smtplib.SMTP_SSL, TimedSMTP):  # noqa: N801  as smtplib calls it
    """The same in TLS from the first byte."""
