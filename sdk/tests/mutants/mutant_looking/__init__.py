"""Tells the customer whenever somebody looks at their page."""

from __future__ import annotations

from billhook import Notify, Page, PageRequest, Room, Show, hookimpl

MESSAGE = "asks for effects when it is only looked at"


def seen(request: PageRequest) -> Show:
    assert request.account is not None
    told = Notify(request.account.id, "seen", "Seen", ["Somebody looked."])
    return Show("mutant_looking/page.html", effects=[told])


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("seen", Room.CUSTOMER, "Seen", seen, menu="Seen")]
