"""The log: one line per request and what happened in it. Never a secret: no query values, bodies, tokens, cookies."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request

from host_stub.config import LogFormat
from host_stub.web.session import current_user

_log = structlog.get_logger("billhook.access")

#: A part of an address this long is a token or a guess at one; names and numbers are shorter.
_SECRET: Final = re.compile(r"[^/]{20,}")
_NO_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST: Final = 200


def configure(form: LogFormat, level: int = logging.INFO) -> None:
    """Set up the process's log on standard error, one event a line. Process-wide."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form is LogFormat.TEXT:
        # The default formatter prints local variables, which hold passwords and bodies.
        last = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if form is LogFormat.TEXT else [structlog.processors.format_exc_info]),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def safe_path(path: str) -> str:
    """Return a path without what may be a token, on one line, of bounded length."""
    return _NO_CONTROLS.sub("?", _SECRET.sub("…", path))[:_LONGEST]


def _begin() -> None:
    g.request_id = secrets.token_hex(6)
    g.began = time.monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    user = current_user()
    _log.info(
        "request",
        method=request.method,
        path=safe_path(request.path),
        # The names tell what was asked; the values may be capabilities.
        query=sorted(_NO_CONTROLS.sub("?", name)[:30] for name in request.args)[:20],
        status=response.status_code,
        milliseconds=int((time.monotonic() - g.get("began", time.monotonic())) * 1000),
        address=request.remote_addr,
        user=user.user_id if user else None,
    )
    return response
