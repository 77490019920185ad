"""The reseller's own staff: invite, block, invite again."""

from __future__ import annotations

from billhook import Catalogue
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.people import users
from host_stub.services.reading import people
from host_stub.services.reading.people import Person
from host_stub.web.access import actor, current_reseller_id, signed_in
from host_stub.web.page import MenuEntry
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.staff.forms import PersonForm
from host_stub.web.staff.managers import invite_manager
from host_stub.web.staff.room import invitations, log_of, reseller, show

_ = Catalogue("host_stub")


@bp.route("/staff", methods=["GET", "POST"], endpoint="staff")
def staff_list() -> ResponseReturnValue:
    """The managers, and the form that invites one."""
    form = PersonForm(language=reseller().language)
    if form.validate_on_submit() and invite_manager(current_reseller_id(), form):
        return redirect(url_for("reseller.staff"), 303)
    with reading() as session:
        managers = people.managers(session, current_reseller_id())
    page = show("reseller/staff.html", people=managers, form=form, menu=_menu)
    return page, 422 if form.errors else 200


def _menu(user: Person) -> list[MenuEntry]:
    url = url_for("reseller.manager", user_id=user.id)
    entries = [MenuEntry(_("Log"), url)]
    if user.active and not user.has_password:
        entries.append(MenuEntry(_("Send the invitation again"), url, post=True, fields=[("act", "invite")]))
    if user.id == signed_in().user_id:
        return entries
    if user.active:
        question = _("{email} will be signed out everywhere and cannot sign in again.", email=user.email)
        entries.append(
            MenuEntry(_("Block sign-in"), url, post=True, fields=[("act", "off")], danger=True, confirm=question)
        )
    else:
        entries.append(MenuEntry(_("Allow sign-in"), url, post=True, fields=[("act", "on")]))
    return entries


@bp.get("/staff/<int:user_id>")
def manager(user_id: int) -> ResponseReturnValue:
    with reading() as session:
        user = people.manager(session, user_id)
        log = log_of(session, "user", user_id, "RUB")
    return show(
        "reseller/manager.html", crumbs=[(_("Staff"), url_for("reseller.staff"))], user=user, log=log, menu=_menu
    )  # fmt: skip


@bp.post("/staff/<int:user_id>", endpoint="manager_change")
def manager_change(user_id: int) -> ResponseReturnValue:
    """Block, allow again or invite again; the button says which."""
    act, store = request.form.get("act", ""), panel().store
    with reading() as session:
        people.manager(session, user_id)
    if act == "invite":
        users.invite_again(store, scope(), user_id, by=actor(), invitations=invitations())
    elif act in ("on", "off") and user_id != signed_in().user_id:
        users.switch_manager(store, scope(), user_id, act == "on", by=actor())
    flash(str(_("Saved.")), "success")
    return redirect(url_for("reseller.staff"), 303)
