"""Has nothing to say to whoever presses the button a second time."""

from __future__ import annotations

from billhook import Link, LinkRequest, NotThere, Show, hookimpl

MESSAGE = "link stop, posted again, is answered 404"
_STOPPED: set[str] = set()


def stop(request: LinkRequest) -> Show:
    if request.is_post:
        if request.subject in _STOPPED:
            _STOPPED.clear()
            raise NotThere("already stopped")
        _STOPPED.add(request.subject)
    return Show("mutant_links/page.html")


@hookimpl
def billhook_links() -> list[Link]:
    return [Link("stop", stop, days=30)]
