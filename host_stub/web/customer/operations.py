"""«Operations»: every movement of the balance."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.reading import operations as movements
from host_stub.web.access import Right, customer_account
from host_stub.web.customer import bp, words
from host_stub.web.customer.lists import pages
from host_stub.web.panel import reading
from host_stub.web.routing import cursor


@bp.get("/<int:account_id>/operations")
@customer_account(Right.MONEY)
def operations(account_id: int) -> ResponseReturnValue:
    """List the movements, newest first, with the balance after each."""
    with reading() as session:
        listing = movements.list_operations(session, account_id, cursor(request.args))
    return render_template(
        "customer/operations.html",
        listing=listing,
        title=words.operation_title,
        reason=words.operation_reason,
        pager=pages(listing, "customer.operations", account_id=account_id),
        payment_url=lambda payment_id: url_for("customer.payment", account_id=account_id, payment_id=payment_id),
    )
