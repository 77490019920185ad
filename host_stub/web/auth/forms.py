"""The forms of sign-in. Passwords are taken exactly as typed and never shown again."""

from __future__ import annotations

from billhook import Catalogue
from wtforms import HiddenField, PasswordField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from host_stub.services.people.passwords import LONGEST, SHORTEST, WeakPassword
from host_stub.web.panel_form import PanelForm

_ = Catalogue("host_stub")

#: What is wrong with a password, by `WeakPassword.code`.
WEAK = {
    "short": _("A password has at least {number} characters.", number=SHORTEST),
    "long": _("A password has at most {number} characters.", number=LONGEST),
    "common": _("This password is among the first that anybody would try. Choose another one."),
}
RULES = _("At least {number} characters. A few words in a row are good.", number=SHORTEST)


class SignInForm(PanelForm):
    email = StringField(_("E-mail"), [InputRequired(_("Enter your e-mail address.")), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password."))])
    next = HiddenField()


class ForgottenForm(PanelForm):
    email = StringField(_("E-mail"), [InputRequired(_("Enter your e-mail address.")), Length(max=254)])


class NewPasswordForm(PanelForm):
    password = PasswordField(_("New password"), [InputRequired(_("Enter a password."))])
    again = PasswordField(_("The same once more"), [InputRequired(_("Enter the password once more."))])

    def validate_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(_("The two passwords differ."))

    def refuse(self, error: WeakPassword) -> None:
        """Show beside the field why the password cannot be taken."""
        self.password.errors = [WEAK[error.code]]


class ChangePasswordForm(NewPasswordForm):
    old = PasswordField(_("Present password"), [InputRequired(_("Enter your present password."))])
