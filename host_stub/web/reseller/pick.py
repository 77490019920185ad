"""Choose a customer before something is made for one."""

from __future__ import annotations

from typing import Any

from billhook import LazyText
from flask import request, url_for

from host_stub.services.reading import accounts
from host_stub.web.panel import reading
from host_stub.web.routing import row_number
from host_stub.web.staff.room import asked, cursor, pages, show


def chosen_account() -> int | None:
    """Return the account that the address names, if it names one."""
    return row_number(request.args.get("account"))


def account_picker(title: LazyText, crumbs: list[tuple[Any, str]], parameter: str = "account", **keep: Any) -> str:
    """Render a list of customers; each leads back to this page with `parameter` set."""
    text = asked("q")
    with reading() as session:
        listing = accounts.list_accounts(session, "", text, cursor())
    endpoint = request.endpoint or ""
    path = {**(request.view_args or {}), **keep}
    return show(
        "reseller/pick_account.html",
        crumbs=crumbs,
        title=title,
        listing=listing,
        pager=pages(listing),
        query=text,
        here=url_for(endpoint, **path),
        keep=list(keep.items()),
        address=lambda account: url_for(endpoint, **path, **{parameter: account.id}),
    )
