"""What every answer carries and every request passes: CSRF, the content policy, caching, sizes, the real address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

from billhook.i18n import is_storable
from flask import Flask, Response, abort, current_app, g, request
from flask_wtf import CSRFProtect

from host_stub.config import Config
from host_stub.domain.reach import Network
from host_stub.web.panel import panel
from host_stub.web.session import current_user, is_static

View = TypeVar("View", bound=Callable[..., Any])
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

csrf = CSRFProtect()

#: Views that gateways call: no CSRF token, no cookie. The test's list of them is written by hand.
_EXEMPT = "_billhook_from_outside"
_RAW_BODY = "_billhook_raw_body"


def from_outside(view: View) -> View:
    """Mark a view that other sites post to: it needs no CSRF token, believes no cookie and sets none."""
    setattr(view, _EXEMPT, True)
    exempt: View = csrf.exempt(view)
    return exempt


def is_from_outside(view: object) -> bool:
    return bool(getattr(view, _EXEMPT, False))


def client_address() -> str:
    """Return the address of who asks, as the trusted proxies tell it; for limits and logs."""
    return request.remote_addr or ""


def init_app(app: Flask, config: Config) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=config.max_request_bytes,
        MAX_FORM_MEMORY_SIZE=config.max_request_bytes,
        MAX_FORM_PARTS=1000,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
        WTF_CSRF_TIME_LIMIT=None,  # it lives as long as the session that it belongs to
        WTF_CSRF_SSL_STRICT=False,  # pages with a capability send no referrer
    )
    csrf.init_app(app)
    app.after_request(_headers)
    app.wsgi_app = Front(app.wsgi_app, config)  # type: ignore[method-assign]


def mark_outside() -> None:
    """Note for the cookie and the log that the request comes from another site; before anything reads the session."""
    view = current_app.view_functions.get(request.endpoint or "")
    g.no_cookie = is_from_outside(view)


def refuse_unstorable() -> None:
    """Refuse what no database keeps, NUL above all, before a view or its guard looks for it: 404, in a form 422.

    The body of a gateway's message is left alone: its plugin reads the bytes as they came.
    """
    if not is_storable(request.path):
        abort(404)
    texts = [part for pair in request.args.items(multi=True) for part in pair]
    if not getattr(current_app.view_functions.get(request.endpoint or ""), _RAW_BODY, False):
        texts += [part for pair in request.form.items(multi=True) for part in pair]
        texts += [part for name, file in request.files.items(multi=True) for part in (name, file.filename or "")]
    if not all(map(is_storable, texts)):
        abort(422)


def reads_raw_body(view: View) -> View:
    """Mark a view that takes a request's body as it came: nothing may read it as a form before."""
    setattr(view, _RAW_BODY, True)
    return view


def allow_form_action(origin: str) -> None:
    """This page's forms may post to, and be redirected to, a gateway.

    origin: address of the gateway; its scheme, host and port count. Raises ValueError for what is no http(s) address.
    """
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c in parts.netloc for c in " ;,'\"*@"):
        raise ValueError(f"{origin!r} is no origin")
    g.setdefault("form_action", []).append(f"{parts.scheme}://{parts.netloc}")


def allow_gateways(*, demo: bool) -> None:
    """The answer to this page's forms may lead on to any gateway.

    Chromium holds such a redirect to form-action, too, and shows nothing where it is refused; where gateways lead,
    perhaps from one of their own sites to the next, is known only afterwards.
    demo: a gateway of the demo stands on this machine, and speaks no TLS.
    """
    g.setdefault("form_action", []).extend(["https:", *(["http://127.0.0.1:*"] if demo else [])])


def no_referrer() -> None:
    """The page's address, which carries a capability, goes nowhere: neither to other sites nor to search engines."""
    g.capability_page = True


def content_policy() -> str:
    """Return the Content-Security-Policy of the present answer."""
    form_action = " ".join(["'self'", *g.get("form_action", [])])
    return (
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self'; "
        f"object-src 'none'; base-uri 'none'; form-action {form_action}; frame-ancestors {_ancestors()}"
    )


def allow_framing_by_us() -> None:
    """Our own pages may show this one in a frame (previews of documents)."""
    g.framed = True


def _ancestors() -> str:
    return "'self'" if g.get("framed", False) else "'none'"


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_policy())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    secret = g.get("capability_page", False)
    headers.setdefault("Referrer-Policy", "no-referrer" if secret else "same-origin")
    if secret:
        headers["X-Robots-Tag"] = "noindex, nofollow"
    if secret:
        headers["Cache-Control"] = "no-store"
    elif not is_static(request):
        kept = current_user() is None and request.method == "GET"
        headers.setdefault("Cache-Control", "no-cache, private" if kept else "no-store")
    config = panel().config
    if config.https:
        headers["Strict-Transport-Security"] = "max-age=31536000" + "; includeSubDomains" * config.hsts_subdomains
    return response


class Front:
    """The outermost layer: requests speak of the configured address and of the real client, whoever says else."""

    def __init__(self, app: WsgiApp, config: Config) -> None:
        parts = urlsplit(config.base_url)
        self._app, self._scheme, self._host = app, parts.scheme, parts.netloc
        self._trusted = config.trusted_proxies

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = real_address(
            environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""), self._trusted
        )
        environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._scheme, self._host
        return self._app(environ, start_response)


def real_address(peer: str, forwarded: str, trusted: int | tuple[Network, ...]) -> str:
    """Return who really asks.

    peer: who is connected. forwarded: X-Forwarded-For, nearest proxy last; believed only as far as proxies are
    trusted, so that a client who sends one gets nowhere. trusted: number of proxies, or their networks.
    """
    hops = [*(part.strip() for part in forwarded.split(",") if part.strip()), peer]
    if isinstance(trusted, int):
        found = hops[-1 - trusted] if len(hops) > trusted else hops[0]
        return found if _is_address(found) else peer
    while len(hops) > 1 and _within(hops[-1], trusted) and _is_address(hops[-2]):
        hops.pop()
    return hops[-1]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(text: str, networks: tuple[Network, ...]) -> bool:
    if not _is_address(text):
        return False
    address = ip_address(text)
    return any(address in network for network in networks if network.version == address.version)
