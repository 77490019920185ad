"""Pages, public links and files of plugins: `/plugin/<name>/…`.

A page stands in a room and is guarded like the room's own; a link is guarded by the capability in its address alone.
Whatever goes wrong in the plugin is contained: the visitor reads a sentence, the operator what happened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from billhook import Access, Fields, GoTo, HostPage, PageAnswer, Room, Show
from billhook.errors import MalformedField, PageError
from billhook.host.loading import LoadedPlugin
from billhook.i18n import current_language
from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import NotFound
from host_stub.plugins import pages
from host_stub.plugins.errors import PluginUnavailable
from host_stub.plugins.pages import Asked, Place
from host_stub.web import access, asking, context, pacing, plugin_files
from host_stub.web.access import Right
from host_stub.web.capabilities import guessed_wrong, refuse_guessing
from host_stub.web.panel import panel
from host_stub.web.plugin_texts import page_names
from host_stub.web.security import from_outside, no_referrer
from host_stub.web.staff.room import whose_room

_log = structlog.get_logger("billhook.plugins")

bp = Blueprint("plugin_pages", __name__, url_prefix="/plugin")

_LAYOUTS: Final = {
    Room.CUSTOMER: "layouts/customer.html",
    Room.RESELLER: "layouts/staff.html",
    Room.OPERATOR: "layouts/staff.html",
}
_LINK_LAYOUT: Final = "layouts/auth.html"
_RETRY_SECONDS: Final = 30
_BOTH: Final = ["GET", "POST"]


@bp.route("/<name>/accounts/<int:account_id>/<page>", methods=_BOTH)
def customer(name: str, account_id: int, page: str) -> ResponseReturnValue:
    """A page in the customer's room; the level that it needs stands on the page."""
    access.enter_customer()
    access.enter_account(account_id, Right.SERVICES)
    return _in_room(name, Place(Room.CUSTOMER, access.current_reseller_id(), account_id), page)


@bp.route("/<name>/reseller/<page>", methods=_BOTH)
def reseller(name: str, page: str) -> ResponseReturnValue:
    access.enter_reseller()
    context.frame(notices=whose_room())
    return _in_room(name, Place(Room.RESELLER, access.current_reseller_id()), page)


@bp.route("/<name>/operator/<page>", methods=_BOTH)
def operator(name: str, page: str) -> ResponseReturnValue:
    access.enter_operator()
    return _in_room(name, Place(Room.OPERATOR), page)


@bp.route("/<name>/link/<link>/<token>", methods=_BOTH)
@from_outside
def link(name: str, link: str, token: str) -> ResponseReturnValue:
    """A public link. It believes no cookie: the capability protects the POST as well, and a GET changes nothing."""
    no_referrer()
    refuse_guessing()
    try:
        plugin, found, held = pages.find_link(panel().desk, name, link, token)
    except NotFound:
        guessed_wrong()
        raise
    except PluginUnavailable as error:
        return _not_working(error, _LINK_LAYOUT)
    context.brand_of(held.reseller_id)

    def ask() -> ResponseReturnValue:
        if asking.carries_question():
            return asking.ask(asking.carried(), layout=_LINK_LAYOUT)
        asked, answer = pages.ask_link(panel().desk, plugin, found, held, _asked())
        ours: dict[str, object] = {"reseller": asked.reseller, "page_layout": _LINK_LAYOUT}
        return _answered(plugin, answer, ours, held.reseller_id, _way_from_link, place="link_template")

    return _contained(ask, _LINK_LAYOUT)


@bp.get("/<name>/static/<path:file>")
def static(name: str, file: str) -> ResponseReturnValue:
    """A file of a loaded plugin, for everybody, like the host's own."""
    plugin = panel().registry.plugins.get(name)
    if plugin is None:
        raise NotFound("Plugin", name)
    return plugin_files.serve(plugin, file)


def _in_room(name: str, place: Place, page: str) -> ResponseReturnValue:
    pacing.count()
    context.room(place.room)
    layout = _LAYOUTS[place.room]

    def ask() -> ResponseReturnValue:
        plugin, found = pages.find(panel().desk, name, place, page)
        if place.room is Room.CUSTOMER:
            access.require(Right(found.access.value))
        if asking.carries_question():
            return asking.ask(asking.carried(), layout=layout)
        asked, answer = pages.ask(panel().desk, plugin, found, place, _asked(place))
        ours: dict[str, object] = {
            "title": found.title,
            "account": asked.account,
            "reseller": asked.reseller,
            "address": asked.address,
            "page_layout": layout,
        }
        return _answered(plugin, answer, ours, place.reseller_id, lambda go: _way(plugin, place, go))

    return _contained(ask, layout)


def _asked(place: Place | None = None) -> Asked:
    """Return what the visitor asks; what no database keeps was refused before (`security.refuse_unstorable`)."""
    query, form = list(request.args.items(multi=True)), list(request.form.items(multi=True))
    fields = [
        (field, value) for field, value in form if field != "csrf_token" and not field.startswith(asking.QUESTION)
    ]
    in_account = place is not None and place.room is Room.CUSTOMER
    return Asked(
        method="POST" if request.method == "POST" else "GET",
        query=Fields(tuple(query)),
        fields=Fields(tuple(fields)),
        language=current_language(),
        rights=frozenset(each for each in Access if not in_account or access.may(Right(each.value))),
    )


def _contained(ask: Callable[[], ResponseReturnValue], layout: str) -> ResponseReturnValue:
    try:
        return ask()
    except MalformedField:
        abort(400)
    except PageError as error:
        raise NotFound("Page", str(error)) from None
    except PluginUnavailable as error:
        return _not_working(error, layout)


def _not_working(error: PluginUnavailable, layout: str) -> Response:
    _log.error("plugin page not shown", plugin=error.plugin, why=error.why)
    response = make_response(render_template("plugin/not_working.html", page_layout=layout), 503)
    response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _answered(
    plugin: LoadedPlugin,
    answer: PageAnswer,
    ours: dict[str, object],
    reseller_id: int | None,
    way: Callable[[GoTo], str],
    *,
    place: str = "page_template",
) -> ResponseReturnValue:
    """Draw what is shown, then write the effects: a page that can't be drawn has none."""
    if isinstance(answer, GoTo):
        target = way(answer)
        pages.write(panel().desk, plugin.name, reseller_id, answer)
        if str(answer.message):
            flash(str(answer.message), "success")
        return redirect(target, 303)
    body = context.drawing_plugins().call(plugin.name, place, _drawn, plugin, answer, ours)
    pages.write(panel().desk, plugin.name, reseller_id, answer)
    return body, 422 if answer.refused else 200


def _drawn(plugin: LoadedPlugin, answer: Show, ours: dict[str, object]) -> str:
    theirs = dict(answer.context)
    common = {"language": current_language(), "here": request.path}
    return render_template(answer.template, **{**theirs, **page_names(plugin, theirs), **common, **ours})


def _way(plugin: LoadedPlugin, place: Place, go: GoTo) -> str:
    if not isinstance(go.page, HostPage):
        return place.path(plugin.name, go.page, go.fields)
    if go.page is HostPage.HOME and place.room is Room.CUSTOMER:
        return url_for("customer.account", account_id=place.account_id)
    account = {"account_id": place.account_id} if place.room is Room.CUSTOMER else {}
    return url_for(f"{place.room}.{go.page}", **account)  # type: ignore[arg-type]


def _way_from_link(go: GoTo) -> str:
    return url_for("home") if go.page is HostPage.HOME else request.path
