"""Helps itself when a link is posted."""

from __future__ import annotations

import host_database
from billhook import GoTo, HostPage, Link, LinkRequest, hookimpl

MESSAGE = "the host's rows changed while the plugin's code ran: account (link)"


def give(request: LinkRequest) -> GoTo:
    if request.method == "POST":
        host_database.help_oneself()
    return GoTo(HostPage.HOME)


@hookimpl
def billhook_links() -> list[Link]:
    return [Link("give", give, days=30)]
