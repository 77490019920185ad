"""Parked gateway events of all resellers; each is settled in its reseller's room."""

from __future__ import annotations

from billhook import Catalogue
from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.reading import events
from host_stub.web import access
from host_stub.web.operator import bp
from host_stub.web.panel import reading
from host_stub.web.staff.room import asked, cursor, pages, show

_ = Catalogue("host_stub")


@bp.get("/events", endpoint="events")
def events_list() -> ResponseReturnValue:
    text = asked("q")
    with reading() as session:
        listing = events.list_parked(session, text, cursor())
    return show("operator/events.html", listing=listing, pager=pages(listing), query=text)


@bp.post("/events/<int:event_id>/open")
def event_open(event_id: int) -> ResponseReturnValue:
    """Go to the event in its reseller's room."""
    with reading() as session:
        reseller_id = events.event(session, event_id).reseller_id
    access.act_for(reseller_id)
    return redirect(url_for("reseller.event", event_id=event_id), 303)
