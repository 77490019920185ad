"""A closed network tells waits with a limit from those without one, and a plugin's from those of its stand-in."""

from __future__ import annotations

import asyncio
import http.client
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests
from billhook import http as contract
from billhook_kit.guard import closed_network


class Answering(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()  # without a limit: who stands in for a gateway may wait
        time.sleep(0.02)
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture
def port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def by_the_contract(port: int) -> None:
    with contract.session() as session:
        assert session.get(f"http://127.0.0.1:{port}/").text == "ok"


def by_a_connection(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    connection.close()


def in_a_thread(port: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(by_a_connection, port).result()


async def _ask(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()


def in_a_loop(port: int) -> None:
    async def ask() -> None:
        async with asyncio.timeout(2):
            await _ask(port)

    asyncio.run(ask())


def waited_for(port: int) -> None:
    async def ask() -> None:
        await asyncio.wait_for(_ask(port), 2)

    asyncio.run(ask())


def endless_in_a_loop(port: int) -> None:
    asyncio.run(_ask(port))


def endless_answer(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as sock:
        sock.settimeout(None)
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        sock.makefile("rb").read()


def endless_session(_port: int) -> None:
    with suppress(requests.RequestException), requests.Session() as session:
        session.get("https://gateway.example/", timeout=(2, None))


@pytest.mark.parametrize(
    ("ask", "endless"),
    [
        (by_the_contract, False),
        (by_a_connection, False),
        (in_a_thread, False),
        (in_a_loop, False),
        (waited_for, False),
        (endless_in_a_loop, True),
        (endless_answer, True),
        (endless_session, True),
    ],
)
def test_a_wait_without_a_limit_is_told_from_one_that_has_one(
    ask: Callable[[int], None], endless: bool, port: int
) -> None:
    with closed_network() as network:
        ask(port)

    assert network.tried
    assert any(each.limit is None for each in network.tried) is endless


def test_what_a_stand_in_does_is_not_recorded(port: int) -> None:
    with closed_network() as network, network.strangers.aside():
        endless_answer(port)
        in_a_thread(port)

    assert network.tried == []
