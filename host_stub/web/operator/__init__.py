"""The operator's room: `/admin/…`, for the managers of the root reseller."""

from __future__ import annotations

from flask import Blueprint

from host_stub.web import access, pacing
from host_stub.web.asking import ask_first
from host_stub.web.delivery_words import kind_name, receiver_name
from host_stub.web.panel import panel
from host_stub.web.places import zone_name

bp = Blueprint("operator", __name__, url_prefix="/admin")
access.guard(bp, access.enter_operator)
bp.before_request(ask_first)
pacing.guard(bp)
bp.context_processor(lambda: {"zone_name": _zone_name})
bp.context_processor(lambda: {"receiver_name": receiver_name, "kind_name": kind_name})


def _zone_name(zone: str) -> str:
    return zone_name(zone, panel().store.now())


# Views register themselves on `bp`, so they are imported below it.
from host_stub.web.operator import (  # noqa: E402
    arrivals,
    closing,
    deliveries,
    home,
    plugin_settings,
    plugins,
    resellers,
    work,
)

__all__ = ["arrivals", "bp", "closing", "deliveries", "home", "plugin_settings", "plugins", "resellers", "work"]
