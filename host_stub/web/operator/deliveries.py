"""Facts that were given up after their last attempt: shown, and sent again on request."""

from __future__ import annotations

from billhook import Catalogue
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import NotFound
from host_stub.services.queues.deliveries import retry_dead
from host_stub.services.reading import deliveries, resellers
from host_stub.web.access import actor
from host_stub.web.operator import bp
from host_stub.web.panel import panel, reading
from host_stub.web.staff.room import cursor, pages, show

_ = Catalogue("host_stub")


@bp.get("/deliveries", endpoint="deliveries")
def deliveries_list() -> ResponseReturnValue:
    with reading() as session:
        listing = deliveries.list_all_given_up(session, cursor())
        failing = deliveries.failing(session, 30)
        names = resellers.names_by_id(session, {each.reseller_id for each in failing})
    return show("operator/deliveries.html", listing=listing, pager=pages(listing), failing=failing, names=names)


@bp.post("/deliveries/<int:outbox_id>/retry")
def delivery_retry(outbox_id: int) -> ResponseReturnValue:
    try:
        retry_dead(panel().store, outbox_id, actor())
    except NotFound:
        flash(str(_("Nothing was changed: somebody sent it again already.")), "warning")
    else:
        flash(str(_("It will be delivered again within seconds.")), "success")
    return redirect(url_for("operator.deliveries"), 303)
