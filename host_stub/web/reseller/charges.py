"""Charges: what was taken off balances for periods of subscriptions."""

from __future__ import annotations

from billhook import Catalogue
from flask.typing import ResponseReturnValue

from host_stub.services.reading import charges
from host_stub.web.panel import reading
from host_stub.web.reseller import bp
from host_stub.web.staff.room import asked, cursor, pages, show

_ = Catalogue("host_stub")


@bp.get("/charges", endpoint="charges")
def charges_list() -> ResponseReturnValue:
    text = asked("q")
    with reading() as session:
        listing = charges.list_charges(session, text, cursor())
    return show(
        "reseller/charges.html",
        listing=listing,
        pager=pages(listing),
        query=text,
    )
