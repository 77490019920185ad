"""Menu entries of plugins: in a room's navigation while the plugin is on there and the visitor may open the page."""

from __future__ import annotations

from billhook import Catalogue, Page, Room
from flask import request
from sqlalchemy.orm import Session

from host_stub.plugins.pages import Place
from host_stub.services.reading import resellers
from host_stub.web.access import Right, may
from host_stub.web.page import NavItem
from host_stub.web.panel import panel

_ = Catalogue("host_stub")


def entries(session: Session, place: Place) -> list[NavItem]:
    """Return the entries of a room, by plugin."""
    offered = {name: _pages(plugin.pages, place.room) for name, plugin in panel().registry.plugins.items()}
    if not any(offered.values()):
        return []
    on = set(offered) if place.reseller_id is None else resellers.plugins_on(session, place.reseller_id)
    return [entry for name, pages in offered.items() if name in on for entry in _entries(name, pages, place)]


def _pages(declared: tuple[Page, ...], room: Room) -> list[Page]:
    return [page for page in declared if page.room is room and page.menu is not None and _may(page)]


def _may(page: Page) -> bool:
    return page.room is not Room.CUSTOMER or may(Right(page.access.value))


def _entries(plugin: str, pages: list[Page], place: Place) -> list[NavItem]:
    shown = {page.name for page in pages}
    return [
        NavItem(
            page.menu or "",
            place.path(plugin, page.name),
            active=_is_active(plugin, page, shown, first=page is pages[0]),
            group=_("Plugins") if place.room is not Room.CUSTOMER else "",
        )
        for page in pages
    ]


def _is_active(plugin: str, page: Page, shown: set[str], *, first: bool) -> bool:
    """Say whether this entry stands for the page that is open: its own, or one of the plugin that has no entry."""
    opened = request.view_args or {}
    if request.blueprint != "plugin_pages" or opened.get("name") != plugin:
        return False
    return opened.get("page") == page.name or (first and opened.get("page") not in shown)
