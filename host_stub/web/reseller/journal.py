"""The journal: everything that was done in the reseller's name, newest first."""

from __future__ import annotations

from typing import Any, Final

from billhook import Catalogue
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from host_stub.persistence import LogEntry
from host_stub.services import searching
from host_stub.services.listings import list_page
from host_stub.web.panel import reading
from host_stub.web.reseller import bp
from host_stub.web.reseller.room import asked, cursor, pages, reseller, show
from host_stub.web.sentences import line

_ = Catalogue("host_stub")

#: object kind → name, endpoint and parameter of its page (empty: it has none)
KINDS: Final[dict[str, tuple[Any, str, str]]] = {
    "payment": (_("Payment"), "payment", "payment_id"),
    "account": (_("Customer"), "account", "account_id"),
    "subscription": (_("Subscription"), "subscription", "subscription_id"),
    "plan": (_("Plan"), "plan", "plan_id"),
    "payment_method": (_("Payment method"), "method", "method_id"),
    "user": (_("User"), "", ""),
    "gateway_event": (_("Gateway event"), "event", "event_id"),
    "reseller": (_("Reseller"), "settings", ""),
    "delivery": (_("Delivery"), "", ""),
}


@bp.get("/journal", endpoint="journal")
def journal_list() -> ResponseReturnValue:
    kind, text = asked("status", KINDS) or asked("kind", KINDS), asked("q")
    with reading() as session:
        query = select(LogEntry).where(LogEntry.object_kind == kind) if kind else select(LogEntry)
        search = searching.log_lines(text) if text else None
        listing = list_page(session, query, LogEntry.id, cursor(), count=False, search=search)
    code = reseller().currency
    return show(
        "reseller/journal.html",
        rows=[
            (
                line(entry, code),
                KINDS.get(entry.object_kind, (entry.object_kind, "", ""))[0],
                entry.object_id,
                _address(entry),
            )
            for entry in listing.rows
        ],
        pager=pages(listing),
        kinds=[(key, label) for key, (label, _page, _name) in KINDS.items()],
        status=kind,
        query=text,
    )


def _address(entry: LogEntry) -> str:
    _label, endpoint, parameter = KINDS.get(entry.object_kind, ("", "", ""))
    if not endpoint:
        return ""
    values: dict[str, Any] = {parameter: entry.object_id} if parameter else {}
    return url_for(f"reseller.{endpoint}", **values)
