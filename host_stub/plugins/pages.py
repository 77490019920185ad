"""Pages and links of plugins: found, asked outside any transaction, their answers checked, their effects written."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from billhook import (
    AccountView,
    Fields,
    GoTo,
    HostPage,
    Link,
    LinkRequest,
    Page,
    PageAnswer,
    PageRequest,
    ResellerView,
    Room,
    Show,
)
from billhook.host import answers, effects
from billhook.host.answers import Rubbish
from billhook.host.loading import LoadedPlugin
from billhook.pages import HOST_PAGES, Access
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from host_stub.domain import whose
from host_stub.domain.errors import NotFound
from host_stub.persistence import Account, PluginActivation, Reseller, Scope
from host_stub.persistence.store import fetch
from host_stub.plugins import effects as writing
from host_stub.plugins import failures, links
from host_stub.plugins.delivery import HostReader
from host_stub.plugins.desk import Desk
from host_stub.plugins.errors import PluginFailed, UnknownPlugin
from host_stub.plugins.links import Capability
from host_stub.services.settings import plugin_settings
from host_stub.services.telling import views

_EVERYTHING: Final = frozenset(Access)


@dataclass(frozen=True, slots=True)
class Place:
    """In which room a page is opened. reseller_id: None in the operator's. account_id: in the customer's only."""

    room: Room
    reseller_id: int | None = None
    account_id: int | None = None

    def path(self, plugin: str, page: str, query: Mapping[str, str] | None = None) -> str:
        """Return the path of a page of the plugin here."""
        room = f"accounts/{self.account_id}" if self.room is Room.CUSTOMER else self.room.value
        return f"/plugin/{plugin}/{room}/{page}" + (f"?{urlencode(query)}" if query else "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor asks. rights: what they may do with the account; everything outside the customer's room."""

    method: str
    query: Fields
    fields: Fields
    language: str
    rights: frozenset[Access] = _EVERYTHING


def find(desk: Desk, name: str, place: Place, page: str) -> tuple[LoadedPlugin, Page]:
    """Return a page of a plugin that is on here.

    Raises NotFound if the plugin is off for the reseller or has no such page, PluginUnavailable if it is on (or, in the
    operator's room, installed) and not loaded.
    """
    if place.reseller_id is not None:
        _check_on(desk, name, place.reseller_id)
    try:
        plugin = desk.registry.loaded(name)
    except UnknownPlugin:
        if place.reseller_id is not None:
            raise  # it is on, and gone: a fault, like a gateway's address
        raise NotFound("Plugin", name) from None
    found = plugin.page(place.room, page)
    if found is None:
        raise NotFound("Page", page)
    return plugin, found


def _check_on(desk: Desk, name: str, reseller_id: int) -> None:
    with desk.store.read(Scope.reseller(reseller_id)) as session:
        if not plugin_settings.is_on(session, name, reseller_id):
            raise NotFound("Plugin", name)


def ask(desk: Desk, plugin: LoadedPlugin, page: Page, place: Place, asked: Asked) -> tuple[PageRequest, PageAnswer]:
    """Call a page's view, with a reader that ends with it; return what it was asked and what it answered.

    The answer leads to pages that there are, shows the plugin's own template, and asks for effects that `write` takes.
    Raises PageError as the view does; PluginPaused, PluginFailed.
    """
    room = _RoomHost(desk, plugin, place)
    account, reseller, resellers = _whose(desk, plugin, place)
    request = PageRequest(
        room=place.room,
        method=asked.method,
        query=asked.query,
        fields=asked.fields,
        language=asked.language,
        now=desk.store.now(),
        host=room,
        rights=asked.rights,
        reseller=reseller,
        account=account,
        resellers=resellers,
    )

    def view() -> PageAnswer:
        answer = page.view(request)
        answers.check(plugin.name, "page", answer)
        _check_way(answer, plugin, place)
        _check_effects(answer, asked.method, room.reader, place)
        return answer

    with whose.on_behalf_of(place.reseller_id):
        return request, _call(desk, plugin.name, "page", view, room.end)


def _call(desk: Desk, plugin: str, place: str, view: Callable[[], PageAnswer], end: Callable[[], None]) -> PageAnswer:
    def ending() -> PageAnswer:
        try:
            return view()
        finally:
            end()

    try:
        return desk.registry.call(plugin, place, ending)
    finally:
        # A view past its deadline may run on: it keeps no connection, and reads nothing any more.
        end()


def _whose(
    desk: Desk, plugin: LoadedPlugin, place: Place
) -> tuple[AccountView | None, ResellerView | None, tuple[ResellerView, ...]]:
    with desk.store.read(Scope(place.reseller_id)) as session:
        if place.reseller_id is None:
            return None, None, tuple(views.reseller_view(row) for row in _resellers_on(session, plugin.name))
        account = views.account_view(session, fetch(session, Account, place.account_id)) if place.account_id else None
        return account, views.reseller_view(fetch(session, Reseller, place.reseller_id)), ()


def _resellers_on(session: Session, plugin: str) -> list[Reseller]:
    on = select(PluginActivation.reseller_id).where(PluginActivation.plugin == plugin, PluginActivation.enabled)
    return list(session.scalars(select(Reseller).where(Reseller.id.in_(on)).order_by(Reseller.id)))


class _RoomHost:
    """The contract's RoomHost for one call of a view: one reader at a time, none once it has ended."""

    def __init__(self, desk: Desk, plugin: LoadedPlugin, place: Place) -> None:
        self._desk, self._plugin, self._place = desk, plugin, place
        self._open: tuple[int, HostReader] | None = None
        self._ended = False
        self._turn = threading.Lock()

    def reader(self, reseller_id: int) -> HostReader:
        with self._turn:
            if self._ended:
                raise LookupError("the view's time is over: nothing is read any more")
            if self._open is None or self._open[0] != reseller_id:
                self._close()
                desk = self._desk
                fresh = HostReader(desk.store, desk.registry, self._plugin.name, reseller_id, desk.keys)
                self._open = reseller_id, fresh
            return self._open[1]

    def address(self, page: str, query: Mapping[str, str]) -> str:
        if self._plugin.page(self._place.room, page) is None:
            raise LookupError(f"{self._plugin.name} has no page {page!r} in the {self._place.room} room")
        return self._desk.base_url + self._place.path(self._plugin.name, page, query)

    def end(self) -> None:
        with self._turn:
            self._ended = True
            self._close()

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].end()
            self._open = None


def _check_way(answer: PageAnswer, plugin: LoadedPlugin, place: Place) -> None:
    """Raise Rubbish for a GoTo that leads out of what the room has."""
    if not isinstance(answer, GoTo):
        return
    if isinstance(answer.page, HostPage):
        if answer.page not in HOST_PAGES[place.room] or answer.fields:
            raise Rubbish(f"page led to {answer.page!r}, which the {place.room} room does not have, or with fields")
    elif plugin.page(place.room, answer.page) is None:
        raise Rubbish(f"page led to {answer.page[:60]!r}, which is no page of the plugin in the {place.room} room")


def _check_effects(answer: PageAnswer, method: str, reader: Callable[[int], HostReader], place: Place) -> None:
    if not answer.effects:
        return
    if method != "POST":
        raise Rubbish("a GET asked for effects: looking changes nothing, only a POST may")
    if isinstance(answer, Show) and answer.refused:
        raise Rubbish("what was refused asked for effects")
    if place.reseller_id is None:
        raise Rubbish("the operator's room asked for effects: it belongs to no reseller")

    present = reader(place.reseller_id)

    def is_own(account_id: int) -> bool:
        if place.account_id is not None:
            return account_id == place.account_id
        try:
            return bool(present.account(account_id))
        except LookupError:
            return False

    effects.of_page(answer.effects, is_own, present.tables)


def find_link(desk: Desk, name: str, link: str, token: str) -> tuple[LoadedPlugin, Link, Capability]:
    """Return what an address opens.

    Raises NotFound for a wrong, foreign or expired address and for a plugin that is off, all the same;
    PluginUnavailable for a right one whose plugin is not loaded.
    """
    held = links.read(desk.keys, name, link, token, desk.store.now())
    _check_on(desk, name, held.reseller_id)
    plugin = desk.registry.loaded(name)
    found = plugin.link(link)
    if found is None:
        raise NotFound("Link", link)
    return plugin, found, held


def ask_link(
    desk: Desk, plugin: LoadedPlugin, link: Link, held: Capability, asked: Asked
) -> tuple[LinkRequest, PageAnswer]:
    """Call a link's view like `ask`."""
    place = Place(Room.RESELLER, held.reseller_id)
    _account, reseller, _resellers = _whose(desk, plugin, place)
    assert reseller is not None
    reader = HostReader(desk.store, desk.registry, plugin.name, held.reseller_id, desk.keys)
    request = LinkRequest(
        subject=held.subject,
        reseller=reseller,
        method=asked.method,
        fields=asked.fields,
        reader=reader,
        language=asked.language,
        now=desk.store.now(),
    )

    def view() -> PageAnswer:
        answer = link.view(request)
        answers.check(plugin.name, "link", answer)
        _check_way_out(answer, link)
        _check_effects(answer, asked.method, lambda _reseller_id: reader, place)
        return answer

    with whose.on_behalf_of(held.reseller_id):
        return request, _call(desk, plugin.name, "link", view, reader.end)


def _check_way_out(answer: PageAnswer, link: Link) -> None:
    """Raise Rubbish for a GoTo that leads elsewhere than a link may."""
    if not isinstance(answer, GoTo):
        return
    if answer.page not in (link.name, HostPage.HOME) or (answer.page == "home" and answer.page is not HostPage.HOME):
        raise Rubbish(f"link led to {answer.page[:60]!r}, which is neither itself nor the start page")
    if answer.fields or str(answer.message):
        raise Rubbish("link led on with fields or a message: its visitor has no session to keep them in")


def write(desk: Desk, plugin: str, reseller_id: int | None, answer: PageAnswer) -> None:
    """Write what an answer asked for, in one transaction.

    Raises PluginFailed, recorded, for what the database does not take; nothing is written then.
    """
    if not answer.effects or reseller_id is None:
        return
    try:
        _write(desk, plugin, reseller_id, answer)
    except (IntegrityError, DataError, OverflowError) as error:
        why = f"its effects were not taken: {type(error).__name__}: {getattr(error, 'orig', error)}"
        failures.record(desk.store, plugin, "effects", why)
        raise PluginFailed(plugin, "what a page asked for could not be written") from error


def _write(desk: Desk, plugin: str, reseller_id: int, answer: PageAnswer) -> None:
    # Unlike any other occasion, a fact's too: what a press asks for is written each time.
    author = writing.Author(plugin, reseller_id, once=f"{plugin}:post-{secrets.token_hex(8)}")
    with desk.store.write(Scope.reseller(reseller_id)) as session:
        writing.write(session, author, answer.effects)
