"""The users of a customer: invite, change the level, take away."""

from __future__ import annotations

from billhook import Catalogue
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import NotFound
from host_stub.persistence import AccessLevel, Account, User
from host_stub.persistence.store import fetch
from host_stub.services.people import users
from host_stub.services.people.users import EmailTaken, InvalidEmail, LastOwner, NewUser
from host_stub.web.access import actor
from host_stub.web.page import MenuEntry
from host_stub.web.panel import reading, writing
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
        account = fetch(session, Account, account_id)
        people = users.users_of(session, account_id)
    form = AccountUserForm(language=account.language, level="owner" if not people else "admin")
    if form.validate_on_submit() and _invite(account_id, form):
        return _back(account_id)
    page = account_page("reseller/account_users.html", account_id, people=people, form=form, user_menu=_menu)
    return page, 422 if form.errors else 200


def _menu(account: Account, user: User, level: AccessLevel) -> list[MenuEntry]:
    """Return what can be done with a user of an account."""
    url = url_for("reseller.account_user", account_id=account.id, user_id=user.id)
    entries = [
        MenuEntry(LEVELS[other], url, post=True, fields=[("act", other.value)], current=other == level)
        for other in AccessLevel
    ]
    if user.password_hash is None:
        entries.append(MenuEntry(_("Send the invitation again"), url, post=True, fields=[("act", "invite")]))
    question = _("{email} will no longer reach {name}.", email=user.email, name=account.name)
    entries.append(
        MenuEntry(_("Take access away"), url, post=True, fields=[("act", "take")], danger=True, confirm=question)
    )
    return entries


def _invite(account_id: int, form: AccountUserForm) -> bool:
    person = NewUser(form.email.data, form.name.data, form.language.data)
    try:
        with writing() as session:
            account = fetch(session, Account, account_id, lock=True)
            level = AccessLevel(form.level.data)
            users.add_customer(session, account, person, level, by=actor(), invitations=invitations())
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
    act = request.form.get("act", "")
    try:
        with writing() as session:
            account = fetch(session, Account, account_id, lock=True)
            user = fetch(session, User, user_id)
            if users.level_of(session, user_id, account_id) is None:
                raise NotFound("User", user_id)
            if act == "take":
                users.take_access(session, account, user, by=actor())
            elif act == "invite" and user.password_hash is None:
                users.invite(session, user, by=actor(), invitations=invitations())
            elif act in set(AccessLevel):
                users.set_level(session, account, user, AccessLevel(act), by=actor())
    except LastOwner:
        flash(str(_("An account keeps at least one owner. Make somebody else the owner first.")), "error")
    else:
        flash(str(_("Saved.")), "success")
    return _back(account_id)


def _back(account_id: int) -> ResponseReturnValue:
    return redirect(url_for("reseller.account_users", account_id=account_id), 303)
