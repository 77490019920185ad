"""Acts when the link is opened, as every scanner of a mail system does."""

from __future__ import annotations

from billhook import Link, LinkRequest, Notify, Show, hookimpl

MESSAGE = "asks for effects when it is only looked at"


def stop(request: LinkRequest) -> Show:
    told = Notify(int(request.subject), "stopped", "Stopped", ["No more mails."])
    return Show("mutant_looking__link/page.html", effects=[told])


@hookimpl
def billhook_links() -> list[Link]:
    return [Link("stop", stop, days=30)]
