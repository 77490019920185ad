"""Believes that a number is a number."""

from __future__ import annotations

from billhook import GoTo, Page, PageAnswer, PageRequest, Room, Show, hookimpl

MESSAGE = "page days fails when"


def days(request: PageRequest) -> PageAnswer:
    if not request.is_post:
        return Show("mutant_posted/page.html")
    return GoTo("days", {"days": str(int(request.fields.one("days")))})


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("days", Room.CUSTOMER, "Days", days)]
