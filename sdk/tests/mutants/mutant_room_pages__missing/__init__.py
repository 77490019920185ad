"""Names in its template what nobody gives it."""

from __future__ import annotations

from billhook import GoTo, HostPage, Page, PageAnswer, PageRequest, Room, Show, hookimpl

MESSAGE = "'entries' is undefined"


def history(request: PageRequest) -> PageAnswer:
    return GoTo(HostPage.HOME) if request.is_post else Show("mutant_room_pages__missing/page.html")


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("history", Room.OPERATOR, "History", history, menu="History")]
