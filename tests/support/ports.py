"""Ports for servers that a test starts: bound and kept, so that nobody else is given one before the server has it."""

from __future__ import annotations

import socket
from typing import Final

_KEPT: Final[list[socket.socket]] = []


def kept_port() -> int:
    """Return a port of 127.0.0.1 that only a server which names it gets, as often as it is started.

    A socket stays bound to it, without listening, for as long as the test process lives. Linux hands such a port to
    nobody who asks for any port, for a server or a connection; a server that asks for this one and sets SO_REUSEADDR,
    as all of ours do, may bind it beside us. Until then a connection to it is refused at once.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _KEPT.append(kept)
    port: int = kept.getsockname()[1]
    return port
