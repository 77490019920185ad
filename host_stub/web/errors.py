"""The one place where errors become answers. Pages are in the reader's language and tell nothing of the inside."""

from __future__ import annotations

import structlog
from billhook import Catalogue, PluginError
from flask import Flask, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2 import TemplateNotFound
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from host_stub.domain.errors import Forbidden, NotFound, ResellerClosed
from host_stub.services.people.limits import TooManyAttempts
from host_stub.web import access
from host_stub.web.panel import panel

_ = Catalogue("host_stub")

_log = structlog.get_logger("billhook.web")
_PAGES = (400, 403, 404, 413, 429, 500, 503)
_RETRY_SECONDS = 30


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda _error: error_page(404))
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(ResellerClosed, _reseller_closed)
    app.register_error_handler(access.SignInNeeded, lambda _error: access.to_sign_in())
    app.register_error_handler(TooManyAttempts, too_many)
    app.register_error_handler(PluginError, _plugin)
    for unreachable in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(unreachable, _database_down)
    app.register_error_handler(Exception, _unforeseen)


def error_page(status: int, **words: object) -> Response:
    """Return the page for a status. From 500 on it needs no database. words: what its template takes besides.

    On a plugin's address it is the same for everybody, byte for byte: no guess can be told from another.
    """
    for_anybody = request.path.startswith("/plugin/")
    g.bare = status >= 500 or for_anybody
    # Whoever gets a 405 typed or reloaded the address of a form: there is no page to look at.
    page = 404 if status == 405 else status
    known = page if page in _PAGES else 400 if page < 500 else 500
    try:
        request_id = "" if for_anybody else g.get("request_id", "")
        body = render_template(f"errors/{known}.html", request_id=request_id, **words)
    except TemplateNotFound:
        body = f"{status}\n"
    return make_response(body, status)


def too_many(error: TooManyAttempts) -> Response:
    """Answer 429 with the time to wait."""
    seconds = max(int((error.until - panel().store.now()).total_seconds()) + 1, 1)
    minutes = -(-seconds // 60)
    when = _.plural("Try again in {number} minute.", "Try again in {number} minutes.", minutes)
    response = error_page(429, when=when)
    response.headers["Retry-After"] = str(seconds)
    return response


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    response = error_page(error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _reseller_closed(error: ResellerClosed) -> ResponseReturnValue:
    """Tell the operator, who alone comes so far, where they work; anybody else was here while it was being closed."""
    user = g.get("user")
    if user is None or not user.is_operator:
        return access.to_closed_sign_in()
    flash(str(_("Nothing was done: this reseller is closed, and nothing new begins in its name.")), "error")
    if request.blueprint == "operator":
        return redirect(url_for("operator.reseller", reseller_id=error.reseller_id), 303)
    return redirect(url_for("reseller.home"), 303)


def _forbidden(error: Forbidden) -> Response:
    user = g.get("user")
    _log.warning("refused", action=error.action, user=user.user_id if user else None)
    return error_page(403)


def _plugin(error: PluginError) -> Response:
    _log.error("plugin unavailable", plugin=error.plugin, why=error.why)
    return unavailable_page()


def _database_down(error: DBAPIError | PoolTimeout) -> Response:
    # Without statement and parameters: they may hold what nobody should read in a log.
    _log.error("database unavailable", error=type(error).__name__)
    return unavailable_page()


def unavailable_page() -> Response:
    """Return the page that asks to come back in a minute, with the time to wait for whoever is no person."""
    response = error_page(503)
    response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _unforeseen(error: Exception) -> Response:
    _log.exception("request failed", route=request.url_rule.rule if request.url_rule else None)
    return error_page(500)
