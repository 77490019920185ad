"""Tests reach no other machine."""

from __future__ import annotations

import socket

import pytest

from tests.support.network import NetworkAccess


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_a_test_that_reaches_for_another_machine_fails(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET

    with socket.socket(family) as client, pytest.raises(NetworkAccess, match="reached for"):
        client.connect((host, 443))


def test_servers_on_this_machine_are_reachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())
