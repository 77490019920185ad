"""Clients that take their time, or come in crowds, at the real server."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from host_stub.plugins.containment import WEB_THREADS
from tests.command_line.conftest import Installation
from tests.command_line.test_serve import answer, serving

SLOW = (
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nemail="
)


@pytest.fixture
def installation(tmp_path: Path, sqlite_url: str) -> Installation:
    made = Installation(tmp_path, sqlite_url, 25)
    made.run("migrate")
    return made


def ask(address: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    is_chunked = headers.get("Transfer-Encoding") == "chunked"
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)) as connection:
        connection.request(method, path, body, headers, encode_chunked=is_chunked)
        heard = connection.getresponse()
        return heard.status, heard.read()


@pytest.mark.long
def test_bodies_that_never_end_keep_neither_looks_nor_other_people_s_forms_waiting(installation: Installation) -> None:
    with serving(installation, BILLHOOK_TRUSTED_PROXIES="1") as (_process, address), ExitStack() as opened:
        where = urlsplit(address)
        slow = [
            opened.enter_context(socket.create_connection((where.hostname, where.port))) for _ in range(2 * WEB_THREADS)
        ]
        for each in slow:
            each.sendall(SLOW)
        time.sleep(0.5)

        began = time.monotonic()
        assert answer(f"{address}/healthz")["database"] == "up"
        form = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.9"}
        assert ask(address, "POST", "/sign-in", b"email=a", **form)[0] == 400  # the form lacks its token: it was read
        took = time.monotonic() - began
        slow[0].settimeout(30)
        told = slow[0].recv(100)

    assert took < 5
    assert told.startswith(b"HTTP/1.1 408 ")


@pytest.mark.long
def test_the_server_says_of_a_request_what_the_panel_needs(installation: Installation) -> None:
    with serving(installation, BILLHOOK_MAX_REQUEST_BYTES="1000") as (_process, address):
        assert ask(address, "GET", "/sign-in?next=%2F")[0] == 200
        assert ask(address, "GET", "/plugin/no%00tes/static/x.css")[0] == 404
        assert ask(address, "GET", "/%D0%B0/%FF/%2F")[0] == 404
        status, body = ask(address, "HEAD", "/sign-in")
        assert (status, body) == (200, b"")
        assert ask(address, "GET", "/static/billhook.css")[0] == 200
        assert ask(address, "POST", "/sign-in", b"a" * 1001)[0] == 413
        chunks = iter([b"a" * 600, b"a" * 600])
        assert ask(address, "POST", "/sign-in", chunks, **{"Transfer-Encoding": "chunked"})[0] == 413
        assert ask(address, "POST", "/sign-in", iter([b"a=1"]), **{"Transfer-Encoding": "chunked"})[0] == 400
        assert ask(address, "PUT", "/sign-in", b"")[0] == 405
