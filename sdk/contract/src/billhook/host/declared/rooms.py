"""Pages, menu entries and public links."""

from __future__ import annotations

from typing import Any

from billhook.host.declared.problems import NAME, Problem, Problems, brief, is_whole, refuse
from billhook.host.declared.texts import text_problems
from billhook.pages import LONGEST_DAYS, Access, Link, Page, Room


def pages_of(plugin: str, declared: list[Any]) -> tuple[Page, ...]:
    """Return the pages of `billhook_pages`. Raises PluginError."""
    for page in declared:
        refuse(plugin, _page_problems(page))
    if len({(page.room, page.name) for page in declared}) != len(declared):
        refuse(plugin, [Problem("two pages of a room have one name", "Rename one of them.")])
    return tuple(declared)


def links_of(plugin: str, declared: list[Any]) -> tuple[Link, ...]:
    """Return the links of `billhook_links`. Raises PluginError."""
    for link in declared:
        refuse(plugin, _link_problems(link))
    if len({link.name for link in declared}) != len(declared):
        refuse(plugin, [Problem("two links have one name", "Rename one of them.")])
    return tuple(declared)


def _page_problems(page: Any) -> Problems:
    if not isinstance(page, Page):
        yield Problem(f"{brief(page)} is no Page", "Return billhook.Page values.")
    yield from _view_problems("page", page.name, page.view)
    if not isinstance(page.room, Room):
        yield Problem(f"page {page.name} stands in room {brief(page.room)}", "Use a value of Room.")
    if not isinstance(page.access, Access):
        yield Problem(f"page {page.name} needs {brief(page.access)}", "Use a value of Access.")
    yield from text_problems(page.title, f"the title of page {page.name}")
    if page.menu is not None:
        yield from text_problems(page.menu, f"the menu entry of page {page.name}")


def _link_problems(link: Any) -> Problems:
    if not isinstance(link, Link):
        yield Problem(f"{brief(link)} is no Link", "Return billhook.Link values.")
    yield from _view_problems("link", link.name, link.view)
    if not is_whole(link.days) or not 1 <= link.days <= LONGEST_DAYS:
        yield Problem(f"link {link.name} works {brief(link.days)} days", f"Give it 1 to {LONGEST_DAYS}.")


def _view_problems(kind: str, name: object, view: object) -> Problems:
    if not isinstance(name, str) or not NAME.match(name):
        yield Problem(f"{kind} name {brief(name)} is no lower-case identifier", "Use letters a-z, digits, _.")
    if not callable(view):
        yield Problem(f"the view of {kind} {name} is not callable", "Give it the function itself.")
