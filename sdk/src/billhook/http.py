"""The way out: a `requests` session with time limits, no redirects and bounded answers.

A provider that talks to its gateway asks for one per call::

    with http.session() as session:
        answer = session.post(url, json={...}).json()

Nothing is tried again: a POST that timed out may have been carried out, and only the status query can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from billhook.errors import ProviderError

if TYPE_CHECKING:
    from requests import Response, Session

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
LARGEST_ANSWER: Final = 1024 * 1024
_CHUNK: Final = 64 * 1024


class GatewayUnreachable(ProviderError):
    """No answer, or none that can be read: it is not known whether the call was carried out."""


def session(
    *, connect_seconds: float = CONNECT_SECONDS, read_seconds: float = READ_SECONDS, largest: int = LARGEST_ANSWER
) -> Session:
    """Return a new session. Use it as a context manager, in one thread.

    connect_seconds, read_seconds: limits of every call; a call may lower them by `timeout`, never lift them.
    largest: bytes of an answer's body.

    Redirects are not followed and come back as they are. The environment's proxies and `.netrc` are not used.
    Calls raise GatewayUnreachable instead of requests' own errors.
    """
    from requests import RequestException, Session

    class Limited(Session):
        def request(self, method: str | bytes, url: str | bytes, **options: Any) -> Response:  # type: ignore[override]
            options["timeout"] = _lower(options.get("timeout"), (connect_seconds, read_seconds))
            options["allow_redirects"] = False
            options["stream"] = True
            try:
                answer = super().request(method, url, **options)
                answer._content = _bounded(answer, largest)
            except RequestException as error:
                raise GatewayUnreachable(f"{type(error).__name__}: {_host(url)}") from error
            return answer

    limited = Limited()
    limited.trust_env = False
    return limited


def _lower(asked: Any, limits: tuple[float, float]) -> tuple[float, float]:
    if asked is None:
        return limits
    connect, read = asked if isinstance(asked, tuple) else (asked, asked)
    return min(connect or limits[0], limits[0]), min(read or limits[1], limits[1])


def _bounded(answer: Response, largest: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) > largest:
            answer.close()
            raise GatewayUnreachable(f"the answer is larger than {largest} bytes")
    return bytes(body)


def _host(url: str | bytes) -> str:
    """Return the host alone: paths and queries of gateways carry tokens."""
    from urllib.parse import urlsplit

    return urlsplit(url.decode() if isinstance(url, bytes) else url).hostname or "?"
