"""Asks a messenger from a link that is opened as long as it takes."""

from __future__ import annotations

import socket
from contextlib import suppress

from billhook import GoTo, HostPage, Link, LinkRequest, hookimpl

MESSAGE = "link stop opens a socket to messenger.example that may wait for ever"


def stop(request: LinkRequest) -> GoTo:
    with suppress(OSError):
        socket.create_connection(("messenger.example", 443)).close()
    return GoTo(HostPage.HOME)


@hookimpl
def billhook_links() -> list[Link]:
    return [Link("stop", stop, days=30)]
