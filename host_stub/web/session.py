"""The browser's session: one signed cookie that holds a random token, the CSRF secret and flashed messages.

Who is signed in is decided by the database (`services.people.signin`); a cookie without a live row is worth nothing.
"""

from __future__ import annotations

from typing import cast

from flask import Flask, Request, Response, g, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from host_stub.config import Config
from host_stub.domain import whose
from host_stub.domain.errors import ResellerClosed
from host_stub.domain.whose import Whose
from host_stub.services.people import limits, signin
from host_stub.services.people.signin import Lifetimes, SignedIn
from host_stub.web import browsers
from host_stub.web.panel import panel

TOKEN = "t"
_LANGUAGE = "language"
_BRAND = "brand"


class CookieSession(SecureCookieSessionInterface):
    """Flask's session, except that cross-site callers never get a cookie.

    A gateway's return is a cross-site POST without our cookie (SameSite): a new one would sign the payer out.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not g.get("no_cookie", False):
            super().save_session(app, session, response)


def init_app(app: Flask, config: Config, secrets: list[str]) -> None:
    app.session_interface = CookieSession()
    app.config.update(
        SECRET_KEY=secrets[0],
        SECRET_KEY_FALLBACKS=secrets[1:],
        SESSION_COOKIE_NAME="__Host-billhook" if config.https else "billhook",
        SESSION_COOKIE_SECURE=config.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )


def lifetimes() -> Lifetimes:
    config = panel().config
    return Lifetimes(config.session_idle, config.session_lifetime)


def load() -> None:
    """Find out who asks. Static files belong to everybody and are not asked about."""
    g.user = None
    whose.begin(Whose(person=limits.network(request.remote_addr or "")))
    if is_static(request) or g.get("no_cookie", False):
        return
    token = session.get(TOKEN)
    if isinstance(token, str):
        try:
            g.user = signin.resume(panel().store, token, lifetimes())
        except ResellerClosed:
            g.reseller_closed = True
        if g.user is None:
            # The CSRF secret stays: what was typed into an open form leads to the sign-in, not to an error.
            session.pop(TOKEN, None)
        else:
            whose.begin(Whose(g.user.reseller_id, f"user {g.user.user_id}"))


def was_closed_out() -> bool:
    """Say whether this request's session has just ended because its user's reseller is closed."""
    return bool(g.get("reseller_closed", False))


def current_user() -> SignedIn | None:
    """Return who is signed in, or None."""
    return cast("SignedIn | None", g.get("user"))


def remember(token: str, user: SignedIn) -> None:
    """Put a new token into the cookie. Everything that the browser had before is dropped, its CSRF secret too."""
    forget()
    session[TOKEN] = token
    session[_BRAND] = user.reseller_id
    g.user = user
    browsers.remember(user.user_id)


def current_token() -> str:
    """Return the token of this browser's session, empty without one."""
    return str(session.get(TOKEN, ""))


def forget() -> None:
    """Empty the cookie, but for the language and the brand."""
    kept = {name: session[name] for name in (_LANGUAGE, _BRAND) if session.get(name)}
    session.clear()
    g.pop("csrf_token", None)
    g.user = None
    session.update(kept)


def chosen_language() -> str:
    """Return the language that this browser chose, empty if none."""
    return str(session.get(_LANGUAGE, ""))


def choose_language(language: str) -> None:
    session[_LANGUAGE] = language


def known_brand() -> int | None:
    """Return the reseller whose pages this browser saw last, None if none: the sign-in shows their brand."""
    return cast("int | None", session.get(_BRAND))


def remember_brand(reseller_id: int) -> None:
    if session.get(_BRAND) != reseller_id:
        session[_BRAND] = reseller_id


def is_static(asked: Request) -> bool:
    return asked.endpoint in ("static", "plugin_pages.static")
