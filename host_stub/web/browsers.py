"""Browsers that a login was used in before: a signed cookie of their own, which outlives the session.

It opens nothing. It only says whose wrong passwords a browser's are counted with (`services.people.guesses`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadData, URLSafeSerializer

from host_stub.config import Config
from host_stub.web.panel import panel

#: Browsers keep no cookie longer than 400 days.
_KEPT: Final = timedelta(days=400)
#: People who share a browser, the latest last.
_MOST: Final = 5
_EXTENSION: Final = "billhook.browsers"


def init_app(app: Flask, config: Config, secret_keys: Sequence[str]) -> None:
    """secret_keys: the present one first."""
    app.extensions[_EXTENSION] = URLSafeSerializer(list(reversed(secret_keys)), salt="known browser")
    app.after_request(_write)


def known() -> dict[int, str]:
    """Return by user the number that this browser got when they signed in with it."""
    try:
        found = _serializer().loads(request.cookies.get(_name(), ""))
    except BadData:
        return {}
    return {int(user_id): str(number) for user_id, number in found}


def remember(user_id: int) -> None:
    """Know this browser as one of the user's from the answer on."""
    browsers = known()
    number = browsers.pop(user_id, None) or secrets.token_urlsafe(12)
    g.browsers = [*browsers.items(), (user_id, number)][-_MOST:]


def _write(response: Response) -> Response:
    browsers = g.get("browsers")
    if browsers and not g.get("no_cookie", False):
        response.set_cookie(
            _name(),
            str(_serializer().dumps(browsers)),
            max_age=_KEPT,
            secure=panel().config.https,
            httponly=True,
            samesite="Lax",
        )
    return response


def _name() -> str:
    return "__Host-billhook-browser" if panel().config.https else "billhook-browser"


def _serializer() -> URLSafeSerializer:
    found: URLSafeSerializer = current_app.extensions[_EXTENSION]
    return found
