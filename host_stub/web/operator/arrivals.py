"""Money of all resellers that waits for a person; each is decided about in its reseller's room."""

from __future__ import annotations

from billhook import Catalogue
from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.reading import arrivals
from host_stub.web import access
from host_stub.web.operator import bp
from host_stub.web.panel import reading
from host_stub.web.staff.arrival_words import WAITS
from host_stub.web.staff.room import asked, cursor, pages, show

_ = Catalogue("host_stub")


@bp.get("/arrivals", endpoint="arrivals")
def arrivals_list() -> ResponseReturnValue:
    text = asked("q")
    with reading() as session:
        listing = arrivals.list_waiting_of_all(session, text, cursor())
    return show("operator/arrivals.html", listing=listing, pager=pages(listing), query=text, waits=WAITS)


@bp.post("/arrivals/<int:arrival_id>/open")
def arrival_open(arrival_id: int) -> ResponseReturnValue:
    """Go to the arrival in its reseller's room."""
    with reading() as session:
        reseller_id = arrivals.arrival(session, arrival_id).reseller_id
    access.act_for(reseller_id)
    return redirect(url_for("reseller.arrival", arrival_id=arrival_id), 303)
