"""The reseller's room: `/reseller/…`, for its managers, and for the operator in a reseller's name."""

from __future__ import annotations

from flask import Blueprint

from host_stub.web import access, pacing
from host_stub.web.asking import ask_first
from host_stub.web.authors import who
from host_stub.web.delivery_words import kind_name, receiver_name
from host_stub.web.places import country_name
from host_stub.web.sentences import ACCOUNT_TYPES, LEVELS

bp = Blueprint("reseller", __name__, url_prefix="/reseller")
access.guard(bp, access.enter_reseller)
bp.before_request(ask_first)
pacing.guard(bp)
bp.context_processor(
    lambda: {
        "ACCOUNT_TYPES": ACCOUNT_TYPES,
        "LEVELS": LEVELS,
        "country_name": country_name,
        "receiver_name": receiver_name,
        "kind_name": kind_name,
    }
)
bp.add_app_template_filter(who, "who")

# Views register themselves on `bp`, so they are imported below it.
from host_stub.web.reseller import (  # noqa: E402
    account_people,
    accounts,
    arrivals,
    charges,
    deliveries,
    home,
    journal,
    methods,
    notifications,
    payment_new,
    payments,
    plans,
    plugin_settings,
    reissues,
    seller,
    settings,
    staff,
    subscriptions,
    templates,
)

__all__ = [
    "account_people",
    "accounts",
    "arrivals",
    "bp",
    "charges",
    "deliveries",
    "home",
    "journal",
    "methods",
    "notifications",
    "payment_new",
    "payments",
    "plans",
    "plugin_settings",
    "reissues",
    "seller",
    "settings",
    "staff",
    "subscriptions",
    "templates",
]
