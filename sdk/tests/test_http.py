"""The way out has limits that a plugin cannot lift."""

from __future__ import annotations

import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from billhook import http
from billhook.http import GatewayUnreachable
from requests import Request


class Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        away = self.path.startswith("/away")
        body = b"x" * int(self.path.rpartition("/")[2].replace("away", "") or 0)
        self.send_response(302 if away else 200)
        if away:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
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


TOKEN = "-".join(("secret", "token"))  # not whole in any line that a traceback quotes


def test_a_log_of_the_error_shows_the_reason_and_no_more_of_the_address_than_the_host() -> None:
    with http.session() as session, pytest.raises(GatewayUnreachable) as raised:
        session.get(f"http://127.0.0.1:1/bot-{TOKEN}/send?key={TOKEN}")

    assert re.fullmatch(r"ConnectionError: 127\.0\.0\.1 \(.*refused\)", str(raised.value))
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


def test_what_is_no_address_is_not_shown_either() -> None:
    with http.session() as session, pytest.raises(GatewayUnreachable, match=r"^MissingSchema: \?$") as raised:
        session.get(TOKEN)

    assert TOKEN not in "".join(traceback.format_exception(raised.value))


def test_nobody_there_is_the_same_error() -> None:
    with http.session() as session, pytest.raises(GatewayUnreachable):
        session.get("http://127.0.0.1:1/")


Drip = Callable[[socket.socket, threading.Event], None]


def of_the_body(peer: socket.socket, end: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not end.wait(0.05):
        peer.sendall(b"x")


def of_a_chunk_size(peer: socket.socket, end: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not end.wait(0.05):
        peer.sendall(b"0")


def of_the_headers(peer: socket.socket, end: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not end.wait(0.05):
        peer.sendall(b"x")


def of_interim_answers(peer: socket.socket, end: threading.Event) -> None:
    while not end.wait(0.05):
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def of_nothing_at_all(peer: socket.socket, end: threading.Event) -> None:
    end.wait()


@contextmanager
def dripping(drip: Drip) -> Iterator[int]:
    """Accept one connection and let `drip` answer it; yield the port."""
    end = threading.Event()

    def answer() -> None:
        peer, _address = listening.accept()
        with peer, suppress(OSError):
            peer.recv(64 * 1024)
            drip(peer, end)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            end.set()
            thread.join()


@pytest.mark.parametrize("drip", [of_the_body, of_a_chunk_size, of_the_headers, of_interim_answers])
def test_a_gateway_that_drips_is_given_up_at_the_total_limit(drip: Drip) -> None:
    began = time.monotonic()

    with (
        dripping(drip) as port,
        http.session(read_seconds=5, total_seconds=0.4) as session,
        pytest.raises(GatewayUnreachable, match=r"no whole answer within 0\.4 s: 127\.0\.0\.1"),
    ):
        session.get(f"http://127.0.0.1:{port}/")

    assert time.monotonic() - began > 0.3


def test_a_gateway_that_says_nothing_while_tls_begins_is_given_up_at_the_total_limit() -> None:
    with (
        dripping(of_nothing_at_all) as port,
        http.session(total_seconds=0.4) as session,
        pytest.raises(GatewayUnreachable, match="no whole answer"),
    ):
        session.get(f"https://127.0.0.1:{port}/")


def test_a_gateway_of_many_dead_addresses_is_given_up_at_the_total_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address has the connect limit, and all together the total one."""
    resolved = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{last}", 80)) for last in range(1, 30)]
    waited: list[float] = []

    def waiting(sock: socket.socket, address: object) -> None:
        waited.append(sock.gettimeout() or 60)
        time.sleep(waited[-1])
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_more, **_options: resolved_as(host))
    monkeypatch.setattr(socket.socket, "connect", waiting)

    def resolved_as(host: str) -> list[object]:
        return [each for each in resolved if host in ("gateway.example", each[4][0])]

    with (
        http.session(connect_seconds=0.15, total_seconds=0.4) as session,
        pytest.raises(GatewayUnreachable, match="no whole answer"),
    ):
        session.get("http://gateway.example/")

    assert 2 <= len(waited) <= 4
    assert sum(waited) < 0.5


def test_a_second_call_has_the_total_limit_anew(gateway: str) -> None:
    with http.session(total_seconds=0.3) as session:
        assert session.get(f"{gateway}/5").text == "xxxxx"
        time.sleep(0.4)
        assert session.get(f"{gateway}/5").text == "xxxxx"


def test_the_body_of_a_redirect_is_bounded(gateway: str) -> None:
    with http.session(largest=100) as session, pytest.raises(GatewayUnreachable, match="larger than 100"):
        session.get(f"{gateway}/away/101")


def test_a_prepared_request_has_the_same_limits(gateway: str) -> None:
    with dripping(of_the_body) as port, http.session(total_seconds=0.3, largest=100) as session:
        with pytest.raises(GatewayUnreachable, match="larger than 100"):
            session.send(Request("GET", f"{gateway}/101").prepare())
        with pytest.raises(GatewayUnreachable, match="no whole answer"):
            session.send(Request("GET", f"http://127.0.0.1:{port}/").prepare(), timeout=None)


def test_a_way_over_a_proxy_has_the_same_limits() -> None:
    with dripping(of_the_headers) as port, http.session(total_seconds=0.3) as session:
        session.proxies = {"http": f"http://127.0.0.1:{port}"}
        with pytest.raises(GatewayUnreachable, match="no whole answer"):
            session.get("http://gateway.example/")


def test_an_answer_that_ends_with_its_connection_is_read_whole() -> None:
    def until_closed(peer: socket.socket, _end: threading.Event) -> None:
        peer.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        time.sleep(0.05)
        peer.sendall(b"whole")

    with dripping(until_closed) as port, http.session() as session:
        assert session.get(f"http://127.0.0.1:{port}/").text == "whole"


def test_the_next_address_of_a_gateway_is_tried(gateway: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(gateway.rpartition(":")[2])
    resolve = socket.getaddrinfo

    def two(host: str, *more: Any, **options: Any) -> list[Any]:
        hosts = ("127.0.0.2", "127.0.0.1") if host == "gateway.example" else (host,)
        return [each for name in hosts for each in resolve(name, *more, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", two)

    with http.session() as session:
        assert session.get(f"http://gateway.example:{port}/5").text == "xxxxx"
