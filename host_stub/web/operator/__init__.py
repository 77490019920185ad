"""The operator's room: `/admin/…`, for managers of the root reseller. They see everybody's rows."""

from __future__ import annotations

from flask import Blueprint

from host_stub.web import access

bp = Blueprint("operator", __name__, url_prefix="/admin")
access.guard(bp, access.enter_operator)

# Views register themselves on `bp`, so they are imported below it.
from host_stub.web.operator import home  # noqa: E402

__all__ = ["bp", "home"]
