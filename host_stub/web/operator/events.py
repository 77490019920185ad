"""Parked gateway events of all resellers; each is settled in its reseller's room."""

from __future__ import annotations

from billhook import Catalogue
from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.persistence import GatewayEvent, Reseller
from host_stub.persistence.listings import Search, contains, list_page
from host_stub.persistence.store import fetch
from host_stub.services.reading import work_queue
from host_stub.web import access
from host_stub.web.operator import bp
from host_stub.web.panel import reading
from host_stub.web.staff.room import asked, cursor, pages, show

_ = Catalogue("host_stub")


@bp.get("/events", endpoint="events")
def events_list() -> ResponseReturnValue:
    text = asked("q")
    with reading() as session:
        query = work_queue.parked().join(Reseller, Reseller.id == GatewayEvent.reseller_id).add_columns(Reseller)
        search = Search(contains(text, GatewayEvent.folded)) if text else None
        listing = list_page(session, query, GatewayEvent.id, cursor(), oldest_first=True, search=search)
    return show("operator/events.html", listing=listing, pager=pages(listing), query=text)


@bp.post("/events/<int:event_id>/open")
def event_open(event_id: int) -> ResponseReturnValue:
    """Go to the event in its reseller's room."""
    with reading() as session:
        row = fetch(session, GatewayEvent, event_id)
    access.act_for(row.reseller_id)
    return redirect(url_for("reseller.event", event_id=event_id), 303)
