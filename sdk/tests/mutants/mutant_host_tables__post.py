"""Helps itself when a page is posted."""

from __future__ import annotations

import host_database
from billhook import GoTo, HostPage, Page, PageRequest, Room, hookimpl

MESSAGE = "the host's rows changed while the plugin's code ran: account (page)"


def give(request: PageRequest) -> GoTo:
    if request.is_post:
        host_database.help_oneself()
    return GoTo(HostPage.HOME)


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("give", Room.RESELLER, "Give", give)]
