"""A plugin with a page in each room, a link and files: what a page does is changed from outside by `ANSWERS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billhook import (
    Access,
    BalanceChanged,
    Catalogue,
    Effect,
    GoTo,
    Link,
    LinkRequest,
    Notify,
    NotThere,
    Page,
    PageAnswer,
    PageRequest,
    Reader,
    Room,
    Show,
    hookimpl,
)

_ = Catalogue(__name__)
NAME = "notes"
#: Page or link → what it answers instead.
ANSWERS: dict[str, Callable[[Any], Any]] = {}
#: What views were asked, newest last.
SEEN: list[Any] = []


def told(account_id: int, text: str) -> Notify:
    return Notify(account_id, "note", _("A note"), [text])


def answered(name: str, request: Any, honest: Callable[[Any], PageAnswer]) -> PageAnswer:
    SEEN.append(request)
    return ANSWERS.get(name, honest)(request)


def news(request: PageRequest) -> PageAnswer:
    assert request.account is not None
    if request.is_post:
        text = request.fields.one("text")
        if not text.strip():
            return Show("notes/news.html", {"typed": text, "wrong": _("Write something.")}, refused=True)
        return GoTo("news", {"typed": text}, message=_("Noted."), effects=[told(request.account.id, text[:5000])])
    typed = request.query.optional("typed") or ""
    return Show("notes/news.html", {"typed": typed, "link": request.link("stop", str(request.account.id))})


def board(request: PageRequest) -> PageAnswer:
    if request.is_post:
        try:
            account = request.reader.account(int(request.fields.one("account_id")))
        except (LookupError, ValueError) as error:
            raise NotThere("no such customer") from error
        return Show("notes/board.html", {"told": account.name}, effects=[told(account.id, "Hello")])
    return Show("notes/board.html")


def overview(request: PageRequest) -> PageAnswer:
    names = [request.reader_of(each.id).reseller().name for each in request.resellers]
    return Show("notes/overview.html", {"names": names})


def stop(request: LinkRequest) -> PageAnswer:
    effects = [told(int(request.subject), "Stopped")] if request.is_post else []
    return Show("notes/stop.html", {"subject": request.subject, "done": request.is_post}, effects=effects)


def plain(title: str) -> Callable[[Any], PageAnswer]:
    return lambda request: Show("notes/plain.html", {"heading": title})


@hookimpl
def billhook_plugin_title() -> str:
    return "Notes"


@hookimpl
def billhook_pages() -> list[Page]:
    def page(name: str, room: Room, title: Any, view: Callable[[Any], PageAnswer], **more: Any) -> Page:
        return Page(name, room, title, lambda request: answered(name, request, view), **more)

    return [
        page("news", Room.CUSTOMER, _("News"), news, menu=_("News")),
        page("old_news", Room.CUSTOMER, "Old news", plain("Old news")),
        page("tips", Room.CUSTOMER, "Tips", plain("Tips"), menu="Tips", access=Access.SERVICES),
        page("board", Room.RESELLER, _("Board"), board, menu=_("Board")),
        page("attic", Room.RESELLER, "Attic", plain("Attic")),
        page("overview", Room.OPERATOR, "All boards", overview, menu="All boards"),
    ]


@hookimpl
def billhook_links() -> list[Link]:
    return [Link("stop", lambda request: answered("stop", request, stop), days=30)]


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    button = ("Stop", reader.link("stop", str(event.account_id)))
    return [Notify(event.account_id, "moved", "Moved", ["It moved."], button=button)]
