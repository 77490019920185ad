"""Pages of a plugin in the panel's rooms, and public links: what a view is asked, and what it may answer.

A view runs outside any transaction and changes nothing. What shall change it returns as effects, and only a POST may:
the host writes them in one transaction after the view returned. Paths, sessions, CSRF and rights are the host's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from billhook.errors import MalformedField
from billhook.events import Effect, Reader, Text
from billhook.views import AccountView, ResellerView


class Room(StrEnum):
    """Where a page stands, and therefore who may open it."""

    CUSTOMER = "customer"  # users of one account, by its `Access`
    RESELLER = "reseller"  # the reseller's managers
    OPERATOR = "operator"  # the installation's operator; no reseller, no effects


class Access(StrEnum):
    """What a user may do with an account, for pages in the customer's room."""

    SERVICES = "services"  # see the subscriptions: everybody with access to the account
    MONEY = "money"  # see balance, payments, operations, documents
    PAY = "pay"  # make payments
    SETTINGS = "settings"  # change the account's settings


class HostPage(StrEnum):
    """Pages of the host that a view may lead to; which ones from where: `HOST_PAGES`."""

    HOME = "home"  # the room's start page; from a link: the visitor's own room, after signing in
    PAYMENTS = "payments"
    TOP_UP = "top_up"
    SETTINGS = "settings"


#: The host's pages that each room has.
HOST_PAGES: Final[Mapping[Room, frozenset[HostPage]]] = {
    Room.CUSTOMER: frozenset(HostPage),
    Room.RESELLER: frozenset({HostPage.HOME, HostPage.PAYMENTS, HostPage.SETTINGS}),
    Room.OPERATOR: frozenset({HostPage.HOME}),
}


#: The greatest number that an `sa.Integer` column keeps on every database.
LARGEST_NUMBER: Final = 2**31 - 1
_WHOLE: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fields:
    """Decoded fields of a query or a form in order, repeated names kept; nothing trimmed."""

    pairs: tuple[tuple[str, str], ...] = ()

    def one(self, name: str) -> str:
        """Return the only value of a field. Raises MalformedField (answered 400) if it is missing or given twice."""
        found = self.all(name)
        if len(found) != 1:
            raise MalformedField(name, "missing" if not found else "given more than once")
        return found[0]

    def optional(self, name: str) -> str | None:
        """Return the value of a field, or None. Raises MalformedField (answered 400) if it is given twice."""
        found = self.all(name)
        if len(found) > 1:
            raise MalformedField(name, "given more than once")
        return found[0] if found else None

    def number(self, name: str, *, least: int = 1, most: int = LARGEST_NUMBER) -> int | None:
        """Return the whole number that a field holds, or None if it is missing.

        least, most: both included; the greatest fits an `sa.Integer` column, such as the id of a table of the plugin's
        own. Only ASCII digits, with a minus below nought.
        Raises MalformedField (answered 400) for anything else, and if it is given twice.
        """
        text = self.optional(name)
        if text is None:
            return None
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise MalformedField(name, f"no whole number from {least} to {most}")
        return int(text)

    def all(self, name: str) -> list[str]:
        """Return every value of a field: check boxes of one name."""
        return [value for key, value in self.pairs if key == name]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True, slots=True)
class Show:
    """Show a page of the plugin's own.

    template: file under the plugin's `templates/<plugin>/`, extends `billhook/page.html`.
    context: plain values for it. The host's own names win; which ones there are: docs/plugin-author.md.
    refused: what was posted is not accepted and shown again with what is wrong; answered 422, has no effects.
    """

    template: str
    context: Mapping[str, object] = field(default_factory=dict)
    effects: Sequence[Effect] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True)
class GoTo:
    """Lead the browser on (303): after a POST, so that a reload repeats nothing.

    page: name of a page of the plugin in the same room (of the same account), or a HostPage of that room. From a link:
    the link's own name, which shows it by GET, or HostPage.HOME. Never an address.
    fields: go into the query of the plugin's own page.
    message: said once on the next page (“Saved.”); not from a link, whose visitor has no session.
    """

    page: str
    fields: Mapping[str, str] = field(default_factory=dict)
    message: Text = ""
    effects: Sequence[Effect] = ()


PageAnswer = Show | GoTo


class RoomHost(Protocol):
    """What a page asks its host for; reached through PageRequest."""

    def reader(self, reseller_id: int) -> Reader:
        """Return the plugin's Reader in that reseller's scope. Raises LookupError."""

    def address(self, page: str, query: Mapping[str, str]) -> str:
        """Return the absolute address of a page of the plugin in this room. Raises LookupError."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Somebody who may open the page opens it.

    method: `GET` or `POST`. query, fields: of the address and of the posted form.
    now: aware UTC instant; the only clock that a view reads.
    reseller: whose room or customer it is; None in the operator's room. account: only in the customer's room.
    resellers: in the operator's room, those for whom the plugin is on.
    """

    room: Room
    method: str
    query: Fields
    fields: Fields
    language: str
    now: datetime
    host: RoomHost
    rights: frozenset[Access] = frozenset(Access)
    reseller: ResellerView | None = None
    account: AccountView | None = None
    resellers: tuple[ResellerView, ...] = ()

    @property
    def is_post(self) -> bool:
        return self.method == "POST"

    @property
    def reader(self) -> Reader:
        """Present state of the page's reseller; ends with the view.

        Raises LookupError in the operator's room, which belongs to no reseller: see `reader_of`.
        """
        if self.reseller is None:
            raise LookupError("the operator's room has no reseller: use reader_of(reseller_id)")
        return self.host.reader(self.reseller.id)

    def reader_of(self, reseller_id: int) -> Reader:
        """Return the present state of one reseller; in the operator's room one of `resellers`.

        Asking for another one ends the reader before it. Raises LookupError for anybody else's.
        """
        mine = self.resellers if self.reseller is None else (self.reseller,)
        if reseller_id not in {each.id for each in mine}:
            raise LookupError(f"reseller {reseller_id}")
        return self.host.reader(reseller_id)

    def may(self, access: Access) -> bool:
        """Say whether the user may do this with the account; always true in the other rooms."""
        return access in self.rights

    def address(self, page: str, **query: object) -> str:
        """Return the absolute address of a page of the plugin in this room, of this account. Raises LookupError."""
        return self.host.address(page, {name: str(value) for name, value in query.items()})

    def link(self, name: str, subject: str) -> str:
        """Return the address of a public link; see Reader.link. Raises LookupError in the operator's room."""
        return self.reader.link(name, subject)


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """Somebody who has the link opens it: nobody is signed in, the capability in the address was checked.

    subject: what the link was made for, as the plugin said then; it may be gone by now.
    method: `GET` or `POST`. GET shows only: scanners in mail systems open every link.
    """

    subject: str
    reseller: ResellerView
    method: str
    fields: Fields
    reader: Reader
    language: str
    now: datetime

    @property
    def is_post(self) -> bool:
        return self.method == "POST"


@dataclass(frozen=True, slots=True)
class Page:
    """A page in one of the rooms, at `/plugin/<plugin>/…/<name>`.

    name: lower-case ASCII identifier, unique in its room. title: heading of the browser's window.
    menu: label in the room's navigation; None: not in it. access: what a user needs, in the customer's room only.
    """

    name: str
    room: Room
    title: Text
    view: Callable[[PageRequest], PageAnswer]
    menu: Text | None = None
    access: Access = Access.MONEY


@dataclass(frozen=True, slots=True)
class Link:
    """A public address at `/plugin/<plugin>/link/<name>/<token>`, which opens without signing in: for mails.

    name: lower-case ASCII identifier, unique in the plugin. days: how long an address works after it was made.
    """

    name: str
    view: Callable[[LinkRequest], PageAnswer]
    days: int


#: The longest subject of a link, in characters: it stands in the address.
LONGEST_SUBJECT: Final = 200
#: The longest time that a link may work, in days.
LONGEST_DAYS: Final = 3660
