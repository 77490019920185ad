"""The sockets: an HTTP server in threads, on 127.0.0.1."""

from __future__ import annotations

import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from billhook.i18n import DEFAULT_LANGUAGE, LANGUAGES, use_language

from billhook_kit.simulator.app import App, Cut, Reply, Request, as_json
from billhook_kit.simulator.protocol import LARGEST_BODY, Refused

HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 30.0
_DRAINED: Final = 1024 * 1024


class Server(ThreadingHTTPServer):
    """Listens as soon as it is made. port: 0 takes a free one. Raises OSError if it is taken."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One request of one connection."""

    server: Server
    server_version = "BillhookSimulator"
    sys_version = ""
    timeout = _PATIENCE_SECONDS

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._refuse(Refused(411, "length_required", "Content-Length is missing."))
        elif len(length) > 9 or int(length) > LARGEST_BODY:
            # A client that is still sending would not see the answer.
            self.rfile.read(min(int(length[:9]), _DRAINED))
            self._refuse(Refused(413, "too_large", f"The body is larger than {LARGEST_BODY} bytes."))
        else:
            self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        with use_language(preferred(self.headers.get("Accept-Language", ""))):
            try:
                reply = self.server.app.answer(Request(self.command, self.path, self.headers, body))
            except Cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
        self._send(reply)

    def _refuse(self, refusal: Refused) -> None:
        self.close_connection = True
        self._send(as_json(refusal.status, refusal.body))

    def _send(self, reply: Reply) -> None:
        self.send_response(HTTPStatus(reply.status))
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  the name is the base class's
        """Requests carry what is nobody's business, and the control page shows what matters."""


def preferred(accept_language: str) -> str:
    """Return the language that a browser likes best of ours."""
    wishes = []
    for place, part in enumerate(accept_language.split(",")):
        tag, _semicolon, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wishes.append((-_weight(weight), place, language))
    return min(wishes)[2] if wishes else DEFAULT_LANGUAGE


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
