"""Managers are invited: by their reseller, or by the operator."""

from __future__ import annotations

from billhook import Catalogue
from flask import flash

from host_stub.services.people import users
from host_stub.services.people.users import EmailTaken, InvalidEmail, NewUser
from host_stub.web.access import actor
from host_stub.web.panel import panel, scope
from host_stub.web.staff.forms import PersonForm
from host_stub.web.staff.room import invitations

_ = Catalogue("host_stub")


def invite_manager(reseller_id: int, form: PersonForm) -> bool:
    """Make a manager and mail them; put what is wrong beside the field and say so."""
    person = NewUser(form.email.data, form.name.data, form.language.data)
    try:
        users.hire(panel().store, scope(), reseller_id, person, by=actor(), invitations=invitations())
    except InvalidEmail:
        form.email.errors = [_("This is no e-mail address.")]
        return False
    except EmailTaken:
        form.email.errors = [_("This address already belongs to somebody else.")]
        return False
    flash(str(_("An invitation was sent to {email}.", email=person.email)), "success")
    return True
