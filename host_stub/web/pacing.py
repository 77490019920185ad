"""How often people may do what costs others something: mails, payments at gateways, drawn documents, uploads.

Counted before the view, per person and per reseller; a database that cannot count lets nothing through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, request

from host_stub.services.people import limits
from host_stub.services.people.limits import Pace
from host_stub.web import access
from host_stub.web.panel import panel

#: Endpoint of a form → what sending it counts as.
FORMS: Final[Mapping[str, Pace]] = {
    **dict.fromkeys(
        (
            "reseller.account_new",
            "reseller.account_users",
            "reseller.staff",
            "operator.reseller_invite",
            "operator.reseller_manager",
        ),
        limits.INVITATIONS,
    ),
    **dict.fromkeys(("customer.create_top_up", "reseller.payment_new"), limits.TOP_UPS),
    "customer.pay": limits.STARTS,
    **dict.fromkeys(("customer.issue_document", "reseller.payment_issue"), limits.BILLS),
    **dict.fromkeys(
        ("reseller.template_preview", "reseller.template_of_all_preview", "operator.plugin_template_preview"),
        limits.PREVIEWS,
    ),
    **dict.fromkeys(("plugin_pages.customer", "plugin_pages.reseller", "plugin_pages.operator"), limits.PLUGIN_FORMS),
}
#: Forms whose button says what they do: invitations are counted, the rest costs nobody anything.
_INVITING: Final = ("reseller.account_user", "reseller.manager_change")


def guard(room: Blueprint) -> None:
    """Count every form of a room that is listed, after the room's own guard."""
    room.before_request(count)


def count() -> None:
    """Count the present request. Raises TooManyAttempts, after counting."""
    if request.method != "POST":
        return
    for pace in _paces():
        take(pace)


def take(pace: Pace) -> None:
    """Count one try of whoever is signed in. Raises TooManyAttempts, after counting."""
    user = access.signed_in()
    with panel().store.write() as session:
        until = limits.keep_pace(session, pace, f"user {user.user_id}", f"reseller {access.current_reseller_id()}")
    if until is not None:
        raise limits.TooManyAttempts(until)


def _paces() -> list[Pace]:
    endpoint = request.endpoint or ""
    found = [FORMS[endpoint]] if endpoint in FORMS else []
    if endpoint in _INVITING and request.form.get("act") == "invite":
        found.append(limits.INVITATIONS)
    if any(file.filename for file in request.files.values()):
        found.append(limits.UPLOADS)
    return found
