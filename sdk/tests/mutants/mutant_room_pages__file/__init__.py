"""Names a stylesheet that it does not ship."""

from __future__ import annotations

from billhook import GoTo, HostPage, Page, PageAnswer, PageRequest, Room, Show, hookimpl

MESSAGE = "history.css"


def history(request: PageRequest) -> PageAnswer:
    return GoTo(HostPage.HOME) if request.is_post else Show("mutant_room_pages__file/page.html")


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("history", Room.RESELLER, "History", history)]
