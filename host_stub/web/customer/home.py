"""The way in, and what stands on every page: the account to begin with, notices to close."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.reading import accounts
from host_stub.services.telling import notices
from host_stub.web.access import Right, customer_account, may, signed_in
from host_stub.web.customer import bp
from host_stub.web.panel import panel, reading, scope


@bp.get("/")
def home() -> ResponseReturnValue:
    """Lead to the user's first account; without one, say so."""
    with reading() as session:
        found = accounts.all_reached(session, signed_in().user_id)
    if not found:
        return render_template("customer/no_account.html")
    return redirect(url_for("customer.account", account_id=found[0].id), 303)


@bp.get("/<int:account_id>")
@customer_account(Right.SERVICES)
def account(account_id: int) -> ResponseReturnValue:
    """Where an account begins: its payments, or its subscriptions for those who see no money."""
    page = "customer.payments" if may(Right.MONEY) else "customer.services"
    return redirect(url_for(page, account_id=account_id), 303)


@bp.post("/<int:account_id>/notices/<int:notice_id>/dismiss")
@customer_account(Right.MONEY)
def dismiss_notice(account_id: int, notice_id: int) -> ResponseReturnValue:
    """Close a notice for everybody of the account, and go back to where it was read."""
    notices.dismiss(panel().store, scope(), account_id, notice_id)
    return redirect(_back(account_id), 303)


def _back(account_id: int) -> str:
    """Return the page that the form stood on, if it is one of this account."""
    room = url_for("customer.account", account_id=account_id)
    referrer = request.referrer or ""
    path = referrer.removeprefix(request.host_url.rstrip("/"))
    return path if path.startswith(room + "/") else room
