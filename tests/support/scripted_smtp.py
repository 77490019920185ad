"""A mail server on a real socket that treats each recipient as a script says, and notes what it took."""

from __future__ import annotations

import base64
import socketserver
import threading
import time
from collections import Counter
from enum import StrEnum
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
#: How long a connection is served at most: a test that breaks must not hang.
LONGEST_SECONDS = 120
SIZE_LIMIT = 20_000
DRIP_SECONDS = 0.1
DAWDLE_SECONDS = 0.4


class Act(StrEnum):
    """What the server does with a message to one recipient."""

    TAKE = "take"
    CLOSES = "421 at RCPT, and closes"
    LATER = "451 at RCPT"
    NEVER = "550 at RCPT"
    SILENT = "no answer to RCPT"
    CUT_BEFORE = "drops after DATA, before the last dot"
    CUT_AFTER = "takes the message and drops without an answer"
    LATE = "takes the message and answers when `late` is set"
    FULL = "452 after the last dot"
    DRIPS = "answers RCPT byte by byte, without an end"
    DRIPS_AT_LAST = "takes the message and answers byte by byte until `late` is set"
    DAWDLES = "waits a while before every answer from RCPT on"


class ScriptedSmtp:
    """The server, for a `with` block. script: recipient → what it does, each time; others are taken.

    taken: how often each recipient's whole message was received, whatever was answered. late: lets late answers go.
    sender: what is answered to MAIL FROM instead of 250. login: the only name and password that are let in.
    """

    def __init__(self) -> None:
        self.script: dict[str, Act] = {}
        self.taken: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.late = threading.Event()
        self.sender = ""
        self.login: tuple[str, str] | None = None
        self.greets = True
        script = self

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        class Handler(socketserver.StreamRequestHandler):
            timeout = LONGEST_SECONDS

            def handle(self) -> None:
                _Dialogue(self, script).run()

        self._server = Server((HOST, 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.late.set()
        self._server.shutdown()
        self._server.server_close()


class _Over(Exception):
    pass


class _Dialogue:
    def __init__(self, handler: socketserver.StreamRequestHandler, script: ScriptedSmtp) -> None:
        self._handler = handler
        self._script = script
        self._recipient = ""

    def run(self) -> None:
        if not self._script.greets:
            return
        try:
            self._say("220 scripted")
            while True:
                self._answer(self._line())
        except (OSError, _Over):
            return

    def _line(self) -> str:
        line = self._handler.rfile.readline()
        if not line:
            raise _Over
        return line.decode().rstrip("\r\n")

    def _drip(self) -> None:
        """Say a line that does not end, until `late` is set."""
        self._handler.wfile.write(b"250 ")
        while not self._script.late.wait(DRIP_SECONDS):
            self._handler.wfile.write(b"x")

    def _say(self, text: str) -> None:
        if self._recipient and self._act is Act.DAWDLES:
            time.sleep(DAWDLE_SECONDS)
        self._handler.wfile.write(text.encode() + b"\r\n")

    def _answer(self, line: str) -> None:
        verb = line.split(" ")[0].upper()
        match verb:
            case "EHLO":
                lines = [f"SIZE {SIZE_LIMIT}", *(["AUTH PLAIN"] if self._script.login else []), "8BITMIME"]
                self._say("\r\n".join(["250-scripted", *(f"250-{each}" for each in lines[:-1]), f"250 {lines[-1]}"]))
            case "AUTH":
                self._sign_in(line.split(" ")[2])
            case "MAIL":
                self._say(self._of_sender(line))
            case "RCPT":
                self._recipient = line.split("<")[1].split(">")[0]
                self._script.asked[self._recipient] += 1
                self._rcpt()
            case "DATA":
                self._data()
            case "QUIT":
                self._say("221 bye")
                raise _Over
            case _:
                self._say("250 ok")

    def _of_sender(self, line: str) -> str:
        size = int(line.split("SIZE=")[1]) if "SIZE=" in line else 0
        return self._script.sender or ("552 5.3.4 too large" if size > SIZE_LIMIT else "250 ok")

    def _sign_in(self, given: str) -> None:
        _nobody, user, password = base64.b64decode(given).decode("utf-8").split("\0")
        self._say("235 welcome" if (user, password) == self._script.login else "535 5.7.8 wrong name or password")

    @property
    def _act(self) -> Act:
        return self._script.script.get(self._recipient, Act.TAKE)

    def _rcpt(self) -> None:
        match self._act:
            case Act.CLOSES:
                self._say("421 4.3.2 closing")
                raise _Over
            case Act.LATER:
                self._say("451 4.3.2 later")
            case Act.NEVER:
                self._say("550 5.1.1 nobody")
            case Act.DRIPS:
                self._drip()
                raise _Over
            case Act.SILENT:
                self._script.late.wait(LONGEST_SECONDS)
                raise _Over
            case _:
                self._say("250 ok")

    def _data(self) -> None:
        self._say("354 go on")
        if self._act is Act.CUT_BEFORE:
            self._handler.rfile.readline()
            raise _Over
        while self._line() != ".":
            pass
        self._script.taken[self._recipient] += 1
        match self._act:
            case Act.CUT_AFTER:
                raise _Over
            case Act.LATE:
                self._script.late.wait(LONGEST_SECONDS)
                self._say("250 taken, late")
            case Act.DRIPS_AT_LAST:
                self._drip()
                self._say("")
            case Act.FULL:
                self._script.taken[self._recipient] -= 1
                self._say("452 4.2.2 mailbox full")
            case _:
                self._say("250 taken")


def until(true: object, seconds: float = 15.0) -> None:
    """Wait for something that another thread is about to do; fails if it never does."""
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
