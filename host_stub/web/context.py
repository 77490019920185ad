"""Fill the frame of a page: brand, user, account and balance, hold, navigation, notices, footer, language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from billhook import Catalogue
from billhook.formats import DEFAULT_TIMEZONE, set_timezone
from billhook.i18n import LANGUAGES, current_language, set_language
from flask import Flask, g, request, url_for
from sqlalchemy.orm import Session

from host_stub.domain.people import UserKind
from host_stub.domain.scope import Scope
from host_stub.plugins.registry import Registry
from host_stub.services.charges import holds
from host_stub.services.people.signin import SignedIn
from host_stub.services.reading import accounts, notices, resellers
from host_stub.services.reading.accounts import Account
from host_stub.services.reading.resellers import Reseller
from host_stub.services.telling.addresses import BRAND
from host_stub.web import access, page
from host_stub.web import session as browser
from host_stub.web.access import Right
from host_stub.web.navigation import Navigation, Sections, link
from host_stub.web.page import Page, Tone
from host_stub.web.panel import panel, plugins, reading
from host_stub.web.session import chosen_language, current_user

_ = Catalogue("host_stub")

_ROOMS: dict[str, Navigation] = {}
_NOTICES = 3


def init_app(app: Flask, rooms: dict[str, Navigation]) -> None:
    """rooms: by blueprint, what builds its navigation."""
    _ROOMS.update(rooms)
    app.context_processor(lambda: {"page": current_page(), "may": access.may, "Right": Right})


def choose_language() -> None:
    """Decide the language of this request: the user's, else the browser's choice, else what it asks for."""
    user = current_user()
    wished = user.language if user else chosen_language()
    if wished not in LANGUAGES:
        wished = request.accept_languages.best_match(LANGUAGES, default=LANGUAGES[0]) or LANGUAGES[0]
    set_language(wished)
    set_timezone(DEFAULT_TIMEZONE)


def frame(
    *,
    crumbs: Sequence[page.NavItem] | None = None,
    subnav: Sequence[page.NavItem] | None = None,
    notices: Sequence[page.Notice] = (),
) -> None:
    """Say from a view what this page adds to its frame: crumbs, tabs instead of the room's, further notices."""
    g.frame = {name: value for name, value in (("crumbs", crumbs), ("subnav", subnav)) if value is not None}
    g.frame_notices = tuple(notices)


def room(name: str) -> None:
    """A page that stands outside the rooms' blueprints looks like one of this room."""
    g.room = name


def brand_of(reseller_id: int) -> None:
    """Show the brand of this reseller on a page that nobody need be signed in for, and on what it leads to.

    It names a payment of theirs, or was opened by a link of their mail.
    """
    g.brand_of = reseller_id
    if not g.get("no_cookie", False):
        browser.remember_brand(reseller_id)


def choose_brand() -> None:
    """Show a stranger who comes by a link of a mail the brand of its sender: the link says whose it is."""
    named = request.args.get(BRAND, "")
    # No row has a longer number, and no database is asked about one.
    if (
        not (named.isascii() and named.isdigit() and len(named) < 10)
        or current_user() is not None
        or g.get("no_cookie")
    ):
        return
    with panel().store.page() as session:
        known = resellers.of_number(session, int(named))
    if known is not None and known.closed_at is None:
        browser.remember_brand(known.id)


def current_page() -> Page:
    """Return the frame of the page being drawn; built once per request. Needs no database if `g.bare` is set."""
    if "page" not in g:
        g.page = _bare() if g.get("bare", False) else _full()
    built: Page = g.page
    return replace(built, **g.get("frame", {}), notices=(*g.get("frame_notices", ()), *built.notices))


def drawing_plugins() -> Registry:
    """Return the registry to draw a plugin's template by: what the frame shows is read before, in this very thread."""
    current_page()
    return plugins()


def _bare() -> Page:
    return Page(language=current_language(), path=_path(), language_url="")


def _path() -> str:
    """Return where choosing a language leads back to: this page, or the page whose form it answers."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    before = urlsplit(request.referrer or "")
    return urlunsplit(("", "", before.path, before.query, "")) if before.netloc == request.host else "/"


def _full() -> Page:
    user = current_user()
    # Before the rest, since they bring the unit into the visitor's scope.
    sections = _sections() if user is not None else Sections()
    with panel().store.page() as session:
        reseller = _shown_reseller(session, user)
        if reseller is None:
            return _bare()
        set_timezone(reseller.timezone)
        if user is None:
            return replace(_common(reseller), sign_in_url=_sign_in_url())
        account = g.get("account")
        return replace(
            _common(reseller),
            user=page.User(user.name, user.email),
            account=_account(session, account.id) if account else None,
            accounts=_accounts(session, user),
            user_menu=_user_menu(user),
            sign_out_url=url_for("auth.sign_out"),
            nav=sections.nav,
            subnav=sections.subnav,
            notices=_notices(session, account) if account else (),
        )


def _sign_in_url() -> str:
    return "" if request.endpoint == "auth.sign_in" else link("auth.sign_in")


def _shown_reseller(session: Session, user: SignedIn | None) -> Reseller | None:
    reseller_id = g.get("brand_of") or g.get("reseller_id") or (user.reseller_id if user else None)
    if reseller_id is not None:
        return resellers.of_number(session, reseller_id)
    known = None if g.get("no_cookie", False) else browser.known_brand()
    seen = resellers.of_number(session, known) if known is not None else None
    # A closed reseller's people are told neither a name nor a reason.
    return seen if seen is not None and seen.closed_at is None else resellers.operator(session)


def _common(reseller: Reseller) -> Page:
    return Page(
        language=current_language(),
        path=_path(),
        # Without a cookie there is no token to post the choice with.
        language_url="" if g.get("no_cookie", False) else url_for("auth.language"),
        brand=page.Brand(
            name=reseller.shown_name,
            home_url=url_for("home"),
            logo_url=url_for("assets.logo", reseller_id=reseller.id, v=reseller.face) if reseller.has_logo else "",
            accent_css_url=url_for("assets.style", reseller_id=reseller.id, v=reseller.face) if reseller.accent else "",
        ),
        footer=page.Footer(
            year=panel().store.now().year,
            name=reseller.shown_name,
            site_url=reseller.site_url,
            sales_email=reseller.sales_email,
            billing_email=reseller.billing_email,
            accounting_email=reseller.accounting_email,
            support_email=reseller.support_email,
            general_phone=reseller.general_phone,
            sales_phone=reseller.sales_phone,
        ),
    )


def _account(session: Session, account_id: int) -> page.Account | None:
    # Read anew if the view has moved money since the request began: the unit is another one then.
    fresh = accounts.account(session, account_id)
    if not access.may(Right.MONEY):
        return page.Account(fresh.id, fresh.name, None)
    return page.Account(
        id=fresh.id,
        name=fresh.name,
        balance=fresh.balance,
        top_up_url=link("customer.top_up", account_id=fresh.id) if access.may(Right.PAY) else "",
        hold=_hold(accounts.hold(session, fresh.id)) if fresh.on_hold else None,
    )


def _hold(hold: holds.HoldSummary) -> page.Hold:
    sentences = (*holds.until(hold), *holds.way_out(hold))
    return page.Hold(hold.needed, holds.title(hold), " ".join(map(str, sentences)))


def _accounts(session: Session, user: SignedIn) -> list[page.MenuEntry]:
    """The accounts to change to; with a single one there is nothing to choose."""
    if user.kind is not UserKind.CUSTOMER:
        return []
    found = accounts.all_reached(session, user.user_id)
    current = g.get("account")
    if len(found) < 2:
        return []
    return [
        page.MenuEntry(
            account.name,
            url_for("customer.account", account_id=account.id),
            current=current is not None and current.id == account.id,
        )
        for account in found
    ]


def _user_menu(user: SignedIn) -> list[page.MenuEntry]:
    entries = [page.MenuEntry(_("Change password"), url_for("auth.change_password"))]
    if user.is_operator:
        rooms = ((_("Reseller's room"), "reseller.home"), (_("Operator's room"), "operator.home"))
        entries = [page.MenuEntry(label, link(endpoint)) for label, endpoint in rooms if link(endpoint)] + entries
    return entries


def _sections() -> Sections:
    user = current_user()
    room = g.get("room", "") or (request.blueprint if request.blueprint in _ROOMS else "")
    if not room and user is not None and "scope" in g:
        staff = "operator" if user.is_operator else "reseller"
        room = staff if user.kind is UserKind.MANAGER else "customer" if "account" in g else ""
    if not room or "scope" not in g:
        return Sections()
    whose: Scope = g.scope
    with reading(whose) as session:
        return _ROOMS[room](session)


def _notices(session: Session, account: Account) -> list[page.Notice]:
    return [
        page.Notice(
            tone=Tone.WAIT,
            title=notice.title,
            text=notice.text,
            action_label=_("Open") if notice.url else "",
            action_url=notice.url,
            dismiss_url=link("customer.dismiss_notice", account_id=account.id, notice_id=notice.id),
        )
        for notice in notices.standing(session, account.id, _NOTICES)
    ]
