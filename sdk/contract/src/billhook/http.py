"""The way out: a `requests` session whose calls end in time, without redirects, with bounded answers.

A provider that talks to its gateway asks for one per call::

    with http.session() as session:
        answer = session.post(url, json={...}).json()

Nothing is tried again: a POST that timed out may have been carried out, and only the status query can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from billhook.errors import ProviderError

if TYPE_CHECKING:
    from requests import Session

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 15.0
LARGEST_ANSWER: Final = 1024 * 1024


#: Says of an address in figures (`203.0.113.7`, `2001:db8::1`) whether it may be called.
Reach = Callable[[str], bool]


class GatewayUnreachable(ProviderError):
    """No answer, or none that can be read: it is not known whether the call was carried out."""


def session(
    *,
    connect_seconds: float = CONNECT_SECONDS,
    read_seconds: float = READ_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
    largest: int = LARGEST_ANSWER,
) -> Session:
    """Return a new session. Use it as a context manager, in one thread.

    connect_seconds: until one address of the gateway takes the connection. read_seconds: until its next byte.
        A call may lower both by `timeout`, never lift them.
    total_seconds: for one call from its beginning to the last byte of its answer. A host gives `start` and `query`
        20 s: whoever makes several calls there shares them out.
    largest: bytes of an answer's body.

    An answer comes back when it was read whole. Redirects are not followed and come back as they are. The environment's
    proxies and `.netrc` are not used. Calls raise GatewayUnreachable instead of requests' own errors. How long the
    system takes to resolve a name is not limited here.
    Where the host limits what may be called, whatever a name leads to is looked at and then connected to, so that it
    cannot lead elsewhere in between. A host refuses private, link-local and loopback addresses unless its operator
    allows them.
    """
    from billhook.timed import TimedSession  # and requests with it, which many plugins never need

    return TimedSession(connect_seconds, read_seconds, total_seconds, largest)


_reach: Reach | None = None


def limit_reach(may_call: Reach | None) -> None:
    """For hosts: let every session of this process connect only where `may_call` says so; None: everywhere."""
    global _reach
    _reach = may_call


def may_call(address: str) -> bool:
    """Say whether sessions of this process connect to an address in figures."""
    return _reach is None or _reach(address)
