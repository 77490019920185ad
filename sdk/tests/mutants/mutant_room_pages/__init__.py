"""Trusts what somebody typed into the search."""

from __future__ import annotations

from billhook import Page, PageRequest, Room, Show, hookimpl

MESSAGE = "stands in page history as markup"


def history(request: PageRequest) -> Show:
    return Show("mutant_room_pages/page.html", {"query": request.query.optional("q") or ""})


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("history", Room.RESELLER, "History", history, menu="History")]
