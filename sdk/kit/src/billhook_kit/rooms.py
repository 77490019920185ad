"""Pages and links of a plugin in memory: asked, checked and drawn by a host's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from billhook.errors import MalformedField, PageError
from billhook.events import Effect, Notify, Reader
from billhook.host import answers
from billhook.host.effects import of_page
from billhook.host.loading import LoadedPlugin
from billhook.i18n import use_language
from billhook.pages import (
    HOST_PAGES,
    Access,
    Fields,
    GoTo,
    HostPage,
    LinkRequest,
    Page,
    PageAnswer,
    PageRequest,
    Room,
    Show,
)
from billhook.views import AccountView, ResellerView

from billhook_kit.links import Links
from billhook_kit.pages import Pages
from billhook_kit.patience import told, within
from billhook_kit.tables import MemoryTables
from billhook_kit.views import PANEL

#: Where a host's own page would be.
_HOST_PATHS: Final[Mapping[HostPage, str]] = {
    HostPage.HOME: "/",
    HostPage.PAYMENTS: "/payments",
    HostPage.TOP_UP: "/top-up",
    HostPage.SETTINGS: "/settings",
}
Pairs = Sequence[tuple[str, str]] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor asks of a page or link.

    query, fields: of the address and of the posted form; pairs where a name comes twice.
    rights: what the visitor may do, in the customer's room.
    """

    method: str = "GET"
    fields: Pairs = ()
    query: Pairs = ()
    language: str = "ru"
    rights: frozenset[Access] = frozenset(Access)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a visitor gets. location: where they are led (303), empty if nowhere. effects: what was written for it."""

    status: int
    text: str = ""
    location: str = ""
    message: str = ""
    effects: Sequence[Effect] = field(default_factory=list)


@dataclass
class Rooms:
    """The rooms of one seller with one plugin.

    account: the customer whose pages are opened. reader: reads the seller's present state. tables: the plugin's own.
    failed: told what went wrong in the plugin, place and words.
    """

    plugin: LoadedPlugin
    pages: Pages
    links: Links
    reseller: ResellerView
    account: AccountView
    reader: Reader
    tables: MemoryTables
    now: Callable[[], datetime]
    failed: Callable[[str], None]

    def open_page(self, room: Room, name: str, visit: Visit) -> Opened:
        page = self.plugin.page(room, name)
        if page is None:
            return Opened(404)
        if room is Room.CUSTOMER and page.access not in visit.rights:
            return Opened(403)
        request = self._request(page, visit)
        ours = {
            "title": page.title,
            "account": request.account,
            "reseller": request.reseller,
            "address": request.address,
            "here": _path(self.plugin.name, room, name),
        }
        return self._opened("page", lambda: page.view(request), request, ours)

    def open_link(self, address: str, visit: Visit) -> Opened:
        found = self.links.opened(address)
        if found is None:
            return Opened(404)
        link, subject = found
        fields = _fields(visit.fields)
        request = LinkRequest(subject, self.reseller, visit.method, fields, self.reader, visit.language, self.now())
        ours = {"title": "", "reseller": self.reseller, "here": address.removeprefix(PANEL)}
        return self._opened("link", lambda: link.view(request), request, ours)

    def _request(self, page: Page, visit: Visit) -> PageRequest:
        in_operators = page.room is Room.OPERATOR
        return PageRequest(
            room=page.room,
            method=visit.method,
            query=_fields(visit.query),
            fields=_fields(visit.fields),
            language=visit.language,
            now=self.now(),
            host=_Asked(self.plugin, page.room, self.reader),
            rights=visit.rights if page.room is Room.CUSTOMER else frozenset(Access),
            reseller=None if in_operators else self.reseller,
            account=self.account if page.room is Room.CUSTOMER else None,
            resellers=(self.reseller,) if in_operators else (),
        )

    def _opened(
        self, place: str, view: Callable[[], PageAnswer], asked: PageRequest | LinkRequest, ours: Mapping[str, object]
    ) -> Opened:
        try:
            with use_language(asked.language):
                with within(place):
                    answer = view()
                effects = self._checked(answer, place, asked)
                with within(f"{place}_template"):
                    opened = self._drawn(answer, effects, asked, ours)
                # Drawn first, as at a host: a page that can't be drawn has no effects.
                self.tables.write([each for each in effects if not isinstance(each, Notify)], self.reseller.id)
                return opened
        except MalformedField:
            return Opened(400)
        except PageError:
            return Opened(404)
        except Exception as error:  # noqa: BLE001  the host contains whatever a plugin raises
            self.failed(f"{place}: {told(error)}")
            return Opened(503)

    def _checked(self, answer: PageAnswer, place: str, asked: PageRequest | LinkRequest) -> list[Effect]:
        answers.check(self.plugin.name, place, answer)
        room = asked.room if isinstance(asked, PageRequest) else None
        if isinstance(answer, GoTo):
            _check_way(answer, self.plugin, room, asked)
        if answer.effects and asked.method != "POST":
            raise TypeError("a GET asked for effects: looking changes nothing, only a POST may")
        if answer.effects and isinstance(answer, Show) and answer.refused:
            raise TypeError("what was refused asked for effects")
        if answer.effects and room is Room.OPERATOR:
            raise TypeError("the operator's room asked for effects: it belongs to no reseller")
        return of_page(answer.effects, self._is_own(room), self.tables.shapes)

    def _is_own(self, room: Room | None) -> Callable[[int], bool]:
        def is_own(account_id: int) -> bool:
            if room is Room.CUSTOMER:
                return account_id == self.account.id
            try:
                return bool(self.reader.account(account_id))
            except LookupError:
                return False

        return is_own

    def _drawn(
        self, answer: PageAnswer, effects: list[Effect], asked: PageRequest | LinkRequest, ours: Mapping[str, object]
    ) -> Opened:
        if isinstance(answer, GoTo):
            location = self._location(answer, asked, str(ours["here"]))
            return Opened(303, location=location, message=str(answer.message), effects=effects)
        text = self.pages.page(answer, {**ours, "language": asked.language})
        return Opened(422 if answer.refused else 200, text, effects=effects)

    def _location(self, answer: GoTo, asked: PageRequest | LinkRequest, here: str) -> str:
        if isinstance(answer.page, HostPage):
            return _HOST_PATHS[answer.page]
        if isinstance(asked, LinkRequest):
            return here
        query = f"?{urlencode(answer.fields)}" if answer.fields else ""
        return _path(self.plugin.name, asked.room, answer.page) + query


@dataclass
class _Asked:
    """The contract's RoomHost."""

    plugin: LoadedPlugin
    room: Room
    present: Reader

    def reader(self, reseller_id: int) -> Reader:
        return self.present

    def address(self, page: str, query: Mapping[str, str]) -> str:
        if self.plugin.page(self.room, page) is None:
            raise LookupError(f"{self.plugin.name} has no page {page!r} in the {self.room} room")
        return PANEL + _path(self.plugin.name, self.room, page) + (f"?{urlencode(query)}" if query else "")


def _path(plugin: str, room: Room, page: str) -> str:
    return f"/plugin/{plugin}/{'accounts/7' if room is Room.CUSTOMER else room.value}/{page}"


def _fields(given: Pairs) -> Fields:
    pairs = given.items() if isinstance(given, Mapping) else given
    return Fields(tuple((str(name), str(value)) for name, value in pairs))


def _check_way(answer: GoTo, plugin: LoadedPlugin, room: Room | None, asked: PageRequest | LinkRequest) -> None:
    for part in (part for pair in answer.fields.items() for part in pair):
        if not isinstance(part, str):
            raise TypeError("GoTo with fields that are no texts")
        part.encode()  # what no address can carry
    if room is None:
        here = isinstance(answer.page, str) and answer.page in {link.name for link in plugin.links}
        if answer.page is not HostPage.HOME and not here:
            raise TypeError(f"link led to {answer.page!r}, which is neither itself nor the start page")
        if answer.fields or str(answer.message):
            raise TypeError("link led on with fields or a message: its visitor has no session to keep them in")
    elif isinstance(answer.page, HostPage):
        if answer.page not in HOST_PAGES[room] or answer.fields:
            raise TypeError(f"page led to {answer.page!r}, which the {room} room does not have, or with fields")
    elif plugin.page(room, answer.page) is None:
        raise TypeError(f"page led to {answer.page!r}, which is no page of the plugin in the {room} room")
