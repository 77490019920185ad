"""What every page shows around its own content: the one place where views and layouts meet.

A view (or the context processor) builds a `Page`; the layouts read nothing else. All fields have defaults, so that an
error page can be drawn with `Page()` when nothing else works.

Addresses are text that `href` and `action` take as they are. Texts may be lazy; the layouts escape all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billhook import LazyText, Money

Text = LazyText | str


class Tone(StrEnum):
    """The four status colours and the absence of one."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"
    INFO = "info"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Brand:
    """Under whose name the page speaks.

    accent_css_url: address of the stylesheet made by `brand.brand_css`, empty for the stock colours.
    """

    name: str = "Billhook"
    home_url: str = "/"
    logo_url: str = ""
    accent_css_url: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A credit hold: `needed` is the sum that ends it. title: what has happened; text: what runs on, what helps."""

    needed: Money
    title: Text = ""
    text: Text = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The account that the page is about. `top_up_url` empty: the user may not pay, no link is shown.

    balance: None for a user who sees services only.
    """

    id: int
    name: str
    balance: Money | None
    top_up_url: str = ""
    hold: Hold | None = None

    @property
    def on_hold(self) -> bool:
        return self.hold is not None


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place to go.

    badge: a number that asks for attention, 0 for none. badge_label: what it counts, in a form that follows any number.
    group: heading in the staff navigation.
    """

    label: Text
    url: str
    active: bool = False
    badge: int = 0
    badge_label: Text = ""
    group: Text = ""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of a dropdown menu: a link, or with `post` a button that posts to `url` with the CSRF token.

    fields: hidden fields of the post. confirm: question asked first; says what will happen and to whom.
    new_tab: opens beside this page (documents).
    """

    label: Text
    url: str
    post: bool = False
    fields: Sequence[tuple[str, str]] = ()
    current: bool = False
    danger: bool = False
    confirm: Text = ""
    new_tab: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that stands on every page until it is settled, with at most one action (a link) and a way to dismiss.

    dismiss_url: posted to when the reader closes it; empty: it stays.
    """

    tone: Tone
    text: Text
    title: Text = ""
    action_label: Text = ""
    action_url: str = ""
    dismiss_url: str = ""


@dataclass(frozen=True, slots=True)
class Footer:
    """The reseller's own contacts, as typed; empty ones are left out."""

    year: int
    name: str
    site_url: str = ""
    sales_email: str = ""
    billing_email: str = ""
    accounting_email: str = ""
    support_email: str = ""
    general_phone: str = ""
    sales_phone: str = ""
    powered_by_url: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The frame of one page.

    language_url: receives a POST with `language` (`ru`, `en`) and `next` (`path`); empty hides the switch.
    accounts, user_menu: entries of the user menu, above «Sign out» which is posted to `sign_out_url`.
    nav: sections; subnav: what stands under the active one (customer) or the tabs of a detail page (staff).
    crumbs: the way here, without the page itself.
    """

    language: str = "ru"
    path: str = "/"
    language_url: str = ""
    brand: Brand = Brand()
    user: User | None = None
    account: Account | None = None
    accounts: Sequence[MenuEntry] = ()
    user_menu: Sequence[MenuEntry] = ()
    sign_in_url: str = ""
    sign_out_url: str = ""
    nav: Sequence[NavItem] = ()
    subnav: Sequence[NavItem] = ()
    crumbs: Sequence[NavItem] = ()
    notices: Sequence[Notice] = ()
    footer: Footer | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of an object's log. at: aware instant. by: who did it, empty for the system."""

    at: datetime
    text: Text
    by: Text = ""
    detail: Text = ""
    tone: Tone = Tone.CALM


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the start page."""

    label: Text
    value: Text
    url: str = ""
    hint: Text = ""
    tone: Tone = Tone.CALM


@dataclass(frozen=True, slots=True)
class QueueRow:
    """Work that waits: how much of what, since when, and where it is done."""

    label: Text
    url: str
    count: str
    hint: Text = ""
    tone: Tone = Tone.WAIT


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `ui.table`. kind: `` text, `num` right-aligned figures, `actions` no heading on screen."""

    label: Text
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document of a payment as a plugin's instruction page sees it: `documents.receipt.url`.

    url: the absolute public address with its capability; opens without a login.
    """

    label: Text
    url: str


@dataclass(frozen=True, slots=True)
class MethodOffer:
    """A way to pay on the payment's page: a button that posts to `url`."""

    label: Text
    url: str
    hint: Text = ""
    icon_url: str = ""
