"""The operator's room: `/admin/…`, for the managers of the root reseller."""

from __future__ import annotations

from billhook import Money
from flask import Blueprint

from host_stub.web import access
from host_stub.web.sentences import MISFITS

bp = Blueprint("operator", __name__, url_prefix="/admin")
access.guard(bp, access.enter_operator)
bp.context_processor(lambda: {"Money": Money, "MISFITS": MISFITS})

# Views register themselves on `bp`, so they are imported below it.
from host_stub.web.operator import (  # noqa: E402
    closing,
    deliveries,
    events,
    home,
    plugin_settings,
    plugins,
    resellers,
    work,
)

__all__ = ["bp", "closing", "deliveries", "events", "home", "plugin_settings", "plugins", "resellers", "work"]
