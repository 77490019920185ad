"""Resellers: create, edit, invite their managers, switch plugins, work in their room."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue
from billhook.money import MINOR_DIGITS
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice, SelectField

from host_stub.domain.errors import NotFound
from host_stub.services.people import users
from host_stub.services.reading import people, resellers
from host_stub.services.tenants import closing
from host_stub.services.tenants.resellers import change, create, switch_plugin
from host_stub.web import access
from host_stub.web.access import actor
from host_stub.web.operator import bp
from host_stub.web.operator.closing_forms import ClosingForm
from host_stub.web.panel import panel, reading, scope
from host_stub.web.staff.forms import PersonForm, ReasonForm
from host_stub.web.staff.managers import invite_manager
from host_stub.web.staff.reseller_forms import ResellerForm, accent_words, example_number
from host_stub.web.staff.room import asked, cursor, invitations, log_of, pages, plugin_title, show

_ = Catalogue("host_stub")


@bp.get("/resellers", endpoint="resellers")
def resellers_list() -> ResponseReturnValue:
    text = asked("q")
    with reading() as session:
        listing = resellers.list_resellers(session, text, cursor())
        counts = resellers.counts(session, listing.rows)
    return show("operator/resellers.html", listing=listing, pager=pages(listing), query=text, counts=counts)


class NewResellerForm(ResellerForm):
    currency = SelectField(_("Currency"), choices=[SelectChoice(code, _(code)) for code in MINOR_DIGITS], default="RUB")


@bp.route("/resellers/new", methods=["GET", "POST"], endpoint="reseller_new")
def reseller_new() -> ResponseReturnValue:
    currency = request.form.get("currency", "RUB")
    form = NewResellerForm.of(None, currency if currency in MINOR_DIGITS else "RUB")
    if form.validate_on_submit():
        reseller_id = create(panel().store, form.draft(), currency=form["currency"].data, by=actor())
        change(panel().store, scope(), reseller_id, form.draft(), form.extras(), keys=panel().keys, by=actor())
        flash(str(_("Reseller created. Switch plugins on and invite a manager.")), "success")
        return redirect(url_for("operator.reseller", reseller_id=reseller_id), 303)
    page = show(
        "operator/reseller_new.html",
        crumbs=[(_("Resellers"), url_for("operator.resellers"))],
        form=form,
        accent_words=[],
        next_number="",
    )
    return page, 422 if request.method == "POST" else 200


@bp.get("/resellers/<int:reseller_id>", endpoint="reseller")
def reseller(reseller_id: int) -> ResponseReturnValue:
    return reseller_page(reseller_id)


def reseller_page(
    reseller_id: int, *, invitation: PersonForm | None = None, closing_form: ReasonForm | None = None
) -> str:
    """Return the page of a reseller. closing_form: a form that closes or reopens it and did not validate."""
    with reading() as session:
        found = resellers.reseller(session, reseller_id)
        managers = people.managers(session, reseller_id)
        on = resellers.plugins_on(session, reseller_id)
        impact = closing.impact(session, reseller_id)
        log = log_of(session, "reseller", reseller_id, found.currency)
    return show(
        "operator/reseller.html",
        crumbs=[(_("Resellers"), url_for("operator.resellers"))],
        reseller=found,
        people=managers,
        plugins=[(name, plugin_title(name), name in on) for name in panel().registry.plugins],
        stray=sorted(on - set(panel().registry.plugins)),
        form=invitation or PersonForm(formdata=None),
        impact=impact,
        closing_form=closing_form
        or (ClosingForm(found.name, formdata=None) if found.closed_at is None else ReasonForm(formdata=None)),
        log=log,
    )


@bp.route("/resellers/<int:reseller_id>/edit", methods=["GET", "POST"], endpoint="reseller_edit")
def reseller_edit(reseller_id: int) -> ResponseReturnValue:
    with reading() as session:
        found = resellers.reseller(session, reseller_id)
    form = ResellerForm.of(found, found.currency)
    if form.validate_on_submit():
        change(panel().store, scope(), reseller_id, form.draft(), form.extras(), keys=panel().keys, by=actor())
        flash(str(_("Saved.")), "success")
        return redirect(url_for("operator.reseller", reseller_id=reseller_id), 303)
    crumbs: list[tuple[Any, str]] = [(_("Resellers"), url_for("operator.resellers"))]
    crumbs.append((found.name, url_for("operator.reseller", reseller_id=reseller_id)))
    page = show(
        "operator/reseller_edit.html",
        crumbs=crumbs,
        form=form,
        reseller=found,
        accent_words=accent_words(found.accent),
        next_number=example_number(found),
    )
    return page, 422 if request.method == "POST" else 200


@bp.post("/resellers/<int:reseller_id>/managers")
def reseller_invite(reseller_id: int) -> ResponseReturnValue:
    with reading() as session:
        resellers.reseller(session, reseller_id)
    form = PersonForm()
    if form.validate_on_submit() and invite_manager(reseller_id, form):
        return redirect(url_for("operator.reseller", reseller_id=reseller_id), 303)
    return reseller_page(reseller_id, invitation=form), 422


@bp.post("/resellers/<int:reseller_id>/managers/<int:user_id>")
def reseller_manager(reseller_id: int, user_id: int) -> ResponseReturnValue:
    """Send a manager's invitation again."""
    with reading() as session:
        manager = people.manager(session, user_id, reseller_id)
    if manager.has_password:
        raise NotFound("User", user_id)
    users.invite_again(panel().store, scope(), user_id, by=actor(), invitations=invitations())
    flash(str(_("An invitation was sent to {email}.", email=manager.email)), "success")
    return redirect(url_for("operator.reseller", reseller_id=reseller_id), 303)


@bp.post("/resellers/<int:reseller_id>/plugins")
def reseller_plugin(reseller_id: int) -> ResponseReturnValue:
    """Switch a plugin on or off for a reseller; one that is gone can only be switched off."""
    plugin, on = request.form.get("plugin", ""), request.form.get("on") == "yes"
    if plugin in panel().registry.plugins or (not on and _was_on(reseller_id, plugin)):
        switch_plugin(panel().store, reseller_id, plugin, on=on, by=actor())
        flash(str(_("Saved.")), "success")
    return redirect((request.form.get("back") == "plugins" and url_for("operator.plugins"))
                    or url_for("operator.reseller", reseller_id=reseller_id), 303)  # fmt: skip


def _was_on(reseller_id: int, plugin: str) -> bool:
    with reading() as session:
        return resellers.ever_had(session, reseller_id, plugin)


@bp.post("/resellers/<int:reseller_id>/act")
def reseller_act(reseller_id: int) -> ResponseReturnValue:
    """Work in a reseller's room from here on."""
    access.act_for(reseller_id)
    return redirect(url_for("reseller.home"), 303)
