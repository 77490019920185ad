"""Forms that the rooms of resellers and of the operator share."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue
from billhook.i18n import LANGUAGES
from flask_wtf.file import FileField
from wtforms import SelectChoice, SelectField, ValidationError
from wtforms.validators import DataRequired, Length

from host_stub.services.telling.mails import is_address
from host_stub.services.tenants.pictures import MAX_BYTES, Picture, UnusablePicture, read_picture
from host_stub.web.fields import Stripped
from host_stub.web.panel_form import PanelForm

_ = Catalogue("host_stub")

LANGUAGE_NAMES = {"ru": _("Russian"), "en": _("English")}
PICTURE_PROBLEMS = {
    "empty": _("The file is empty."),
    "too_big": _("The file is larger than 200 KB. Choose a smaller one."),
    "too_many_pixels": _("The picture is larger than 2000 pixels on a side. Choose a smaller one."),
    "not_raster": _("Choose a PNG, JPEG or WebP picture."),
}


def an_address(_form: PanelForm, field: Any) -> None:
    """Validate one mail address; an empty field passes."""
    if field.data and not is_address(field.data):
        raise ValidationError(_("This is no e-mail address."))


def language_field() -> SelectField:
    return SelectField(_("Language"), choices=[SelectChoice(code, LANGUAGE_NAMES[code]) for code in LANGUAGES])


class PersonForm(PanelForm):
    """Somebody who is invited."""

    name = Stripped(_("Full name"), validators=[DataRequired(_("Enter a name.")), Length(max=100)])
    email = Stripped(_("E-mail"), validators=[DataRequired(_("Enter an e-mail address.")), Length(max=254), an_address])
    language = language_field()


class ReasonForm(PanelForm):
    """Why something is undone or closed."""

    reason = Stripped(_("Reason"), validators=[DataRequired(_("Say why: it stays in the log.")), Length(max=300)])


class PictureField(FileField):
    """An uploaded picture. `picture` is None while nothing was chosen."""

    picture: Picture | None = None

    def process_data(self, value: object) -> None:
        """Take nothing from the stored object: its bytes are no upload, and a browser shows none in such a field."""
        self.data = None

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            self.picture = read_picture(self.data.read(MAX_BYTES + 1))
        except UnusablePicture as error:
            raise ValidationError(PICTURE_PROBLEMS[error.code]) from error
