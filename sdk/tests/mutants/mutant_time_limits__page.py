"""Asks a messenger from a page that was posted as long as it takes."""

from __future__ import annotations

from contextlib import suppress
from urllib.request import urlopen

from billhook import GoTo, HostPage, Page, PageRequest, Room, hookimpl

MESSAGE = "a post to page test opens a socket to messenger.example that may wait for ever"


def test(request: PageRequest) -> GoTo:
    if request.is_post:
        with suppress(OSError):
            urlopen("https://messenger.example/send").close()
    return GoTo(HostPage.HOME)


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("test", Room.RESELLER, "Try it", test)]
