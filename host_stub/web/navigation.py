"""What the rooms' navigation is made of. Each room lists its own sections in its `navigation.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billhook import LazyText
from flask import current_app, request, url_for
from sqlalchemy.orm import Session

from host_stub.web.page import NavItem


@dataclass(frozen=True, slots=True)
class Sections:
    """nav: the sections. subnav: the tabs under the active one, for the customer."""

    nav: Sequence[NavItem] = ()
    subnav: Sequence[NavItem] = ()


#: Builds a room's navigation from a read unit in the page's scope.
Navigation = Callable[[Session], Sections]


def link(endpoint: str, **values: object) -> str:
    """Return the address of a page, empty if there is no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""  # type: ignore[arg-type]


def item(
    label: LazyText,
    endpoint: str,
    *,
    badge: int = 0,
    badge_label: LazyText | str = "",
    group: LazyText | str = "",
    family: Sequence[str] = (),
    **values: object,
) -> NavItem | None:
    """Return a place to go, or None if its page does not exist.

    family: further endpoints, or beginnings of them, during which the item counts as active.
    """
    url = link(endpoint, **values)
    if not url:
        return None
    here = request.endpoint or ""
    active = here == endpoint or any(here.startswith(name) for name in family)
    return NavItem(label, url, active, badge, badge_label, group)


def present(*items: NavItem | None) -> list[NavItem]:
    """Return those that exist."""
    return [each for each in items if each is not None]
