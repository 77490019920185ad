"""What every page of the staff rooms needs: the reseller, the frame round the page, lists, the log."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from billhook import AnswersStatus, Catalogue, HearsNotifications, LazyText
from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from host_stub.services.people.users import Invitations
from host_stub.services.reading import Cursor, Listing, journal, resellers
from host_stub.services.reading.resellers import Reseller
from host_stub.web import context, routing
from host_stub.web.access import current_reseller_id, signed_in
from host_stub.web.page import Column, LogEntry, NavItem, Notice, Tone
from host_stub.web.pager import pager
from host_stub.web.panel import panel, reading
from host_stub.web.plugin_texts import words_of_plugins
from host_stub.web.sentences import log_lines

_ = Catalogue("host_stub")

Text = LazyText | str

CLOSED = _("This reseller is closed.")
CLOSED_HERE = _("Nothing new begins in its name. You can settle what was under way: approve, reverse, correct.")


def reseller() -> Reseller:
    """Return the reseller of the page."""
    with reading() as session:
        return resellers.reseller(session, current_reseller_id())


def invitations() -> Invitations:
    return Invitations(panel().config.base_url, panel().config.invitation_lifetime)


def manual_plugins() -> list[str]:
    """Return the plugins whose payments a manager approves: no gateway tells of them."""
    return [
        name
        for name, plugin in panel().registry.plugins.items()
        if plugin.provider is not None and not isinstance(plugin.provider, HearsNotifications | AnswersStatus)
    ]


def plugin_title(name: str) -> Text:
    plugin = panel().registry.plugins.get(name)
    return plugin.title if plugin else name


def show(template: str, *, tabs: Sequence[NavItem] = (), crumbs: Sequence[tuple[Text, str]] = (), **values: Any) -> str:
    """Render a page of a staff room. crumbs: label and address of what lies above the page."""
    context.frame(
        subnav=tabs, crumbs=[NavItem(label, url) for label, url in crumbs], notices=whose_room()
    )  # fmt: skip
    return render_template(template, **values)


def whose_room() -> list[Notice]:
    """Remind the operator that they work in somebody else's name."""
    user = signed_in()
    if not user.is_operator or current_reseller_id() == user.reseller_id:
        return []
    whose = reseller()
    text = _("You work in the name of {name}.", name=whose.name)
    notices = [Notice(Tone.INFO, text, action_label=_("Operator's room"), action_url=url_for("operator.home"))]
    if whose.closed_at is not None:
        page = url_for("operator.reseller", reseller_id=whose.id) + "#closing"
        notices.append(Notice(Tone.BAD, CLOSED_HERE, title=CLOSED, action_label=_("Reopen"), action_url=page))
    return notices


def columns(*labels: Text | tuple[Text, str]) -> list[Column]:
    """Return table columns: a label, or a label with its kind."""
    return [Column(*label) if isinstance(label, tuple) else Column(label) for label in labels]


def cursor() -> Cursor:
    """Return where the list on this page begins. See `routing.cursor`."""
    return routing.cursor(request.args)


def pages(listing: Listing[Any]) -> dict[str, Text]:
    """Return what `ui.pager` wants, with addresses of this page."""
    keep = {k: v for k, v in request.args.items() if k not in ("before", "after")}
    path: dict[str, Any] = {**(request.view_args or {}), **keep}
    endpoint = request.endpoint or ""
    return pager(
        listing,
        older_url=url_for(endpoint, **path, before=listing.older) if listing.older is not None else "",
        newer_url=url_for(endpoint, **path, after=listing.newer) if listing.newer is not None else "",
    )


def asked(name: str, allowed: Mapping[str, Any] | Sequence[str] | None = None) -> str:
    """Return a word of the address's query, trimmed; one that is not allowed counts as none."""
    text = request.args.get(name, "").strip()[:200]
    return text if allowed is None or text in allowed else ""


def log_of(
    session: Session, kind: str, row_id: int, currency: str, labels: Mapping[str, Text] | None = None
) -> list[LogEntry]:
    """Return the log of an object. labels: names of a plugin's settings."""
    return log_lines(
        journal.entries(session, kind, row_id), currency, labels=labels, others=words_of_plugins(panel().registry)
    )


def once_token() -> str:
    """Return a token that makes a form post once."""
    return secrets.token_urlsafe(18)
