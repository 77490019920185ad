"""«Subscriptions»: what runs, what it costs next, why something stopped."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from host_stub.services import statements
from host_stub.web.access import Right, current_account, customer_account
from host_stub.web.customer import bp, words
from host_stub.web.panel import reading


@bp.get("/<int:account_id>/subscriptions")
@customer_account(Right.SERVICES)
def services(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        found = statements.list_services(session, account_id)
    on_hold = current_account().on_hold_since is not None
    lines = [
        (service, words.coming_charge(service, on_hold=on_hold), words.why_stopped(service.subscription))
        for service in found
    ]
    return render_template("customer/services.html", lines=lines, price=words.plan_price)
