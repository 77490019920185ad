"""The customer's room: balance, payments, ways to pay, operations, services, settings of an account."""

from __future__ import annotations

from flask import Blueprint

from host_stub.web import pacing
from host_stub.web.access import enter_customer, guard
from host_stub.web.asking import ask_first

bp = Blueprint("customer", __name__, url_prefix="/accounts")
guard(bp, enter_customer)
bp.before_request(ask_first)
pacing.guard(bp)

from host_stub.web.customer import (  # noqa: E402, F401  the pages register themselves on the blueprint
    documents,
    home,
    operations,
    paying,
    payments,
    services,
    settings,
    top_up,
)
