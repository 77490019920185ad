"""The users of a customer: invite, change the level, take away."""

from __future__ import annotations

from billhook import Catalogue
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.people import AccessLevel
from host_stub.services.people import users
from host_stub.services.people.users import EmailTaken, InvalidEmail, LastOwner, NewUser
from host_stub.services.reading import accounts, people
from host_stub.services.reading.accounts import Account
from host_stub.services.reading.people import Person
from host_stub.web.access import actor
from host_stub.web.page import MenuEntry
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.account_forms import AccountUserForm
from host_stub.web.reseller.accounts import account_page
from host_stub.web.sentences import LEVELS
from host_stub.web.staff.room import invitations

_ = Catalogue("host_stub")


@bp.route("/accounts/<int:account_id>/users", methods=["GET", "POST"], endpoint="account_users")
def account_users(account_id: int) -> ResponseReturnValue:
    """The users with their levels, and the form that invites one."""
    with reading() as session:
        account = accounts.account(session, account_id)
        known = people.of_account(session, account_id)
    form = AccountUserForm(language=account.language, level="owner" if not known else "admin")
    if form.validate_on_submit() and _invite(account_id, form):
        return _back(account_id)
    page = account_page("reseller/account_users.html", account_id, people=known, form=form, user_menu=_menu)
    return page, 422 if form.errors else 200


def _menu(account: Account, user: Person, level: AccessLevel) -> list[MenuEntry]:
    """Return what can be done with a user of an account."""
    url = url_for("reseller.account_user", account_id=account.id, user_id=user.id)
    entries = [
        MenuEntry(LEVELS[other], url, post=True, fields=[("act", other.value)], current=other == level)
        for other in AccessLevel
    ]
    if not user.has_password:
        entries.append(MenuEntry(_("Send the invitation again"), url, post=True, fields=[("act", "invite")]))
    question = _("{email} will no longer reach {name}.", email=user.email, name=account.name)
    entries.append(
        MenuEntry(_("Take access away"), url, post=True, fields=[("act", "take")], danger=True, confirm=question)
    )
    return entries


def _invite(account_id: int, form: AccountUserForm) -> bool:
    person = NewUser(form.email.data, form.name.data, form.language.data)
    try:
        level = AccessLevel(form.level.data)
        users.admit(panel().store, scope(), account_id, person, level, by=actor(), invitations=invitations())
    except InvalidEmail:
        form.email.errors = [_("This is no e-mail address.")]
        return False
    except EmailTaken:
        form.email.errors = [_("This address already belongs to somebody else.")]
        return False
    flash(str(_("{email} has access now. New users get an invitation by mail.", email=person.email)), "success")
    return True


@bp.post("/accounts/<int:account_id>/users/<int:user_id>")
def account_user(account_id: int, user_id: int) -> ResponseReturnValue:
    """Change a level, take the access away, or send the invitation again; the button says which."""
    act, store = request.form.get("act", ""), panel().store
    with reading() as session:
        people.level(session, account_id, user_id)
    try:
        if act == "invite":
            users.invite_again(store, scope(), user_id, by=actor(), invitations=invitations())
        elif act == "take":
            users.change_level(store, scope(), account_id, user_id, None, by=actor())
        elif act in set(AccessLevel):
            users.change_level(store, scope(), account_id, user_id, AccessLevel(act), by=actor())
    except LastOwner:
        flash(str(_("An account keeps at least one owner. Make somebody else the owner first.")), "error")
    else:
        flash(str(_("Saved.")), "success")
    return _back(account_id)


def _back(account_id: int) -> ResponseReturnValue:
    return redirect(url_for("reseller.account_users", account_id=account_id), 303)
