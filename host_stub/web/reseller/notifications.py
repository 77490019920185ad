"""What customers are told: by which plugins, and the mails that left, or did not."""

from __future__ import annotations

from typing import Any, Final

from billhook import Catalogue
from flask import url_for
from flask.typing import ResponseReturnValue

from host_stub.services.reading import mails
from host_stub.services.telling.mail_life import Dropped
from host_stub.web.page import Tone
from host_stub.web.panel import reading
from host_stub.web.reseller import bp
from host_stub.web.reseller.plugin_settings import plugins_to_set
from host_stub.web.staff.room import asked, cursor, pages, show

_ = Catalogue("host_stub")

MAIL_STATUSES: Final[dict[str, tuple[Tone, Any]]] = {
    "queued": (Tone.WAIT, _("mail queued")),
    "sent": (Tone.GOOD, _("mail sent")),
    "refused": (Tone.BAD, _("mail refused")),
    "unknown": (Tone.WAIT, _("mail perhaps delivered")),
    "dropped": (Tone.CALM, _("mail not sent")),
}
#: Why a mail was not sent.
DROPPED: Final[dict[str, Any]] = {
    Dropped.TOO_OLD: _("It waited too long: what it says is out of date."),
    Dropped.TOPPED_UP: _("It asked for a top-up, and the money came or the credit hold asked first."),
    Dropped.HOLD_OVER: _("The credit hold that it tells of is over."),
    Dropped.LINK_DEAD: _("Its link was used, replaced by a newer one, or ran out."),
    Dropped.REVERSED: _("The credit that it tells of was undone."),
}


@bp.get("/notifications", endpoint="notifications")
def notifications_list() -> ResponseReturnValue:
    with reading() as session:
        latest = mails.list_mails(session, "", "", cursor(), limit=10, count=False)
    return show(
        "reseller/notifications.html",
        plugins=plugins_to_set(taking_payments=False),
        mails=latest.rows,
        pager=pages(latest),
        status="",
        query="",
        statuses=MAIL_STATUSES,
    )


@bp.get("/mails", endpoint="mails")
def mails_list() -> ResponseReturnValue:
    status, text = asked("status", MAIL_STATUSES), asked("q")
    with reading() as session:
        listing = mails.list_mails(session, status, text, cursor())
    return show(
        "reseller/mails.html",
        listing=listing,
        pager=pages(listing),
        filters=[(key, word) for key, (_tone, word) in MAIL_STATUSES.items()],
        statuses=MAIL_STATUSES,
        status=status,
        query=text,
    )


@bp.get("/mails/<int:mail_id>")
def mail(mail_id: int) -> ResponseReturnValue:
    """A mail as text; one that carries a single-use link keeps it to itself."""
    with reading() as session:
        found, account = mails.mail(session, mail_id)
    return show(
        "reseller/mail.html",
        crumbs=[(_("Notifications"), url_for("reseller.notifications")), (_("Mails"), url_for("reseller.mails"))],
        mail=found,
        account=account,
        statuses=MAIL_STATUSES,
        dropped=DROPPED.get(found.last_error, ""),
        text=found.text,
    )
