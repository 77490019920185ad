"""The base of every form: what WTForms itself says against a value is said in the panel's words and language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from billhook import Catalogue, LazyText
from flask_wtf import FlaskForm

_ = Catalogue("host_stub")

NOT_ACCEPTED: Final = _("This value is not accepted here.")
_NOT_OFFERED: Final = _("Choose one of the list.")
_A_DATE: Final = _("Enter a date like 13.11.2020.")

#: WTForms' message → ours; WTForms fills in what stands behind %. Any other of its messages becomes NOT_ACCEPTED.
MESSAGES: Final[Mapping[str, LazyText]] = {
    "Field must be at least %(min)d character long.": _("At least {count} characters.", count="%(min)d"),
    "Field cannot be longer than %(max)d character.": _("At most {count} characters.", count="%(max)d"),
    "Field must be exactly %(max)d character long.": _("Exactly {count} characters.", count="%(max)d"),
    "Field must be between %(min)d and %(max)d characters long.": _(
        "From {least} to {most} characters.", least="%(min)d", most="%(max)d"
    ),
    "Number must be at least %(min)s.": _("The least value is {limit}.", limit="%(min)s"),
    "Number must be at most %(max)s.": _("The greatest value is {limit}.", limit="%(max)s"),
    "This field is required.": _("Fill this in."),
    "Invalid email address.": _("This is no e-mail address."),
    "Invalid value, must be one of: %(values)s.": _NOT_OFFERED,
    "Invalid Choice: could not coerce.": _NOT_OFFERED,
    "Not a valid choice.": _NOT_OFFERED,
    "Invalid choice(s): one or more data inputs could not be coerced.": _NOT_OFFERED,
    "'%(value)s' is not a valid choice for this field.": _NOT_OFFERED,
    "Not a valid datetime value.": _A_DATE,
    "Not a valid date value.": _A_DATE,
    "Not a valid integer value.": _("Enter a whole number."),
}


class Messages:
    """WTForms' translations: its messages in the language of the moment."""

    def gettext(self, message: str) -> str:
        return str(MESSAGES.get(message, NOT_ACCEPTED))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular)


class PanelForm(FlaskForm):
    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> Messages:
            return Messages()
