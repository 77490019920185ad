"""A closed network: a test that reaches for another machine fails and names the address."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class NetworkAccess(AssertionError):
    """A test tried to reach another machine."""


def is_local(address: Any) -> bool:
    """Say whether a socket address stays on this machine: a path, localhost or a loopback address."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def only_this_machine() -> Iterator[None]:
    """Refuse connections from this process to anything but the machine itself."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(original: Any) -> Any:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address):
                raise NetworkAccess(f"a test reached for {address[0]}:{address[1]}")
            return original(self, address)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        yield
