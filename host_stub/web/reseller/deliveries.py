"""Facts about the reseller's customers that were given up; the operator sends them again."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from host_stub.services.reading import deliveries
from host_stub.web.panel import reading
from host_stub.web.reseller import bp
from host_stub.web.staff.room import cursor, pages, show


@bp.get("/deliveries", endpoint="deliveries")
def deliveries_list() -> ResponseReturnValue:
    with reading() as session:
        listing = deliveries.list_given_up(session, cursor())
    return show("reseller/deliveries.html", listing=listing, pager=pages(listing))
