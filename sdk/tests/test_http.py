"""The way out has limits that a plugin cannot lift."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from billhook import http
from billhook.http import GatewayUnreachable


class Gateway(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = (302, b"") if self.path == "/away" else (200, b"x" * int(self.path[1:] or 0))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Gateway) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_is_read_whole(gateway: str) -> None:
    with http.session() as session:
        assert session.get(f"{gateway}/5").text == "xxxxx"


def test_a_redirect_comes_back_as_it_is(gateway: str) -> None:
    with http.session() as session:
        assert session.get(f"{gateway}/away", allow_redirects=True).status_code == 302


def test_an_answer_that_is_too_large_is_cut_off(gateway: str) -> None:
    with http.session(largest=100) as session, pytest.raises(GatewayUnreachable, match="larger than 100"):
        session.get(f"{gateway}/101")


def test_a_gateway_that_says_nothing_is_given_up_even_if_the_call_asks_for_patience() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, http.session(read_seconds=0.2) as session:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/secret-token"
        with pytest.raises(GatewayUnreachable) as raised:
            session.get(address, timeout=60)

    assert "secret-token" not in str(raised.value)


def test_nobody_there_is_the_same_error() -> None:
    with http.session() as session, pytest.raises(GatewayUnreachable):
        session.get("http://127.0.0.1:1/")
