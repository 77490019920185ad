"""A mail server that keeps every message and shows it.

    python -m devtools.mailsink --port 8025 --smtp-port 2525 --folder state/mail

People open its page. Tests read `/api/messages?to=…` and set `/api/behaviour`, to see what the panel does when the
mail server refuses, postpones, hangs or drops connections::

    PUT /api/behaviour  {"mode": "temporary", "recipient": "a@example.org", "times": 2}

In a test, `with MailSink() as sink:` runs one on free ports.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from devtools.letters import Letters
from devtools.mail_modes import Behaviour, Mode
from devtools.mail_pages import make_mail_app
from devtools.pages import BackgroundServer

HOST = "127.0.0.1"
HANG_STEP_SECONDS = 0.05
READY_SECONDS = 60


class _Handler:
    """What aiosmtpd calls for each command."""

    def __init__(self, letters: Letters, behaviour: Behaviour) -> None:
        self._letters = letters
        self._behaviour = behaviour

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        mode = self._behaviour.take(address)
        if mode is Mode.PERMANENT:
            return "550 5.1.1 No such mailbox here"
        if mode is Mode.TEMPORARY:
            return "451 4.3.2 Try again later"
        while mode is Mode.HANG and self._behaviour.mode is Mode.HANG:
            await asyncio.sleep(HANG_STEP_SECONDS)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self._letters.add(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return "250 OK"


class _DroppingSmtp(SMTP):
    """Ends the connection before the greeting while the mode says so."""

    behaviour: Behaviour

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.behaviour.take_connection() is Mode.DROP:
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        # A connection that was dropped above never became a session.
        if self.session is not None:
            super().connection_lost(error)


class BoundController(Controller):
    """An SMTP server of this machine that has its port from the start. port: 0 takes a free one."""

    def __init__(self, handler: object, port: int = 0, **more: Any) -> None:
        self._socket = socket.create_server((HOST, port))
        super().__init__(
            handler, hostname=HOST, port=self._socket.getsockname()[1], ready_timeout=READY_SECONDS, **more
        )

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket, ssl=self.ssl_context)


class _SmtpServer(BoundController):
    def __init__(self, letters: Letters, behaviour: Behaviour, port: int) -> None:
        self._behaviour = behaviour
        super().__init__(_Handler(letters, behaviour), port)

    def factory(self) -> SMTP:
        smtp = _DroppingSmtp(self.handler, enable_SMTPUTF8=True, loop=self.loop)
        smtp.behaviour = self._behaviour
        return smtp


class MailSink:
    """The SMTP server and its pages, between `start` and `stop` or in a `with` block.

    port, smtp_port: 0 takes a free one. folder: where messages outlive a restart.
    """

    def __init__(self, port: int = 0, smtp_port: int = 0, folder: Path | None = None) -> None:
        self.letters = Letters(folder)
        self.behaviour = Behaviour()
        self.smtp_host = HOST
        self._smtp = _SmtpServer(self.letters, self.behaviour, smtp_port)
        self.smtp_port = self._smtp.port
        self._pages = BackgroundServer(make_mail_app(self.letters, self.behaviour), port)
        self.url = self._pages.url

    def start(self) -> None:
        self._smtp.start()
        self._pages.start()

    def stop(self) -> None:
        # A session that hangs on purpose would hold the stop.
        self.behaviour.set(Mode.ACCEPT)
        self._pages.stop()
        self._smtp.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m devtools.mailsink", description="Keep mail and show it.")
    parser.add_argument("--port", type=int, default=8025, help="of the page")
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--folder", type=Path, help="where messages are kept; in memory if not given")
    arguments = parser.parse_args()
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with MailSink(arguments.port, arguments.smtp_port, arguments.folder) as sink:
        print(f"Mail: {sink.url}, SMTP on {sink.smtp_host}:{sink.smtp_port}", flush=True)
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
