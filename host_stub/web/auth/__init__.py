"""Sign in and out, passwords, invitations, the language switch."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("auth", __name__)

from host_stub.web.auth import routes as routes  # noqa: E402  they register themselves on `bp`
