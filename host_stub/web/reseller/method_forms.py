"""The form of a payment method: its own fields, then what the plugin declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billhook import AccountType, Catalogue, LazyText, Level, PaymentProvider
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectMultipleField, ValidationError
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from host_stub.services.methods import MethodDraft
from host_stub.services.pictures import MAX_BYTES, Picture, UnusablePicture, read_picture
from host_stub.services.setting_levels import Standing
from host_stub.web.fields import NumberField, Paragraphs, Stripped
from host_stub.web.sentences import ACCOUNT_TYPES
from host_stub.web.settings_form import change_of, settings_form

_ = Catalogue("host_stub")

PICTURE_PROBLEMS = {
    "empty": _("The file is empty."),
    "too_big": _("The file is larger than 200 KB. Choose a smaller one."),
    "too_many_pixels": _("The picture is larger than 2000 pixels on a side. Choose a smaller one."),
    "not_raster": _("Choose a PNG, JPEG or WebP picture."),
}


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


def boxes(label: LazyText, **kwargs: Any) -> SelectMultipleField:
    """Return a field for several of a few, as check boxes."""
    return SelectMultipleField(label, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), **kwargs)


class MethodForm(FlaskForm):
    name = Stripped(
        _("Name"),
        description=_("Customers see it on the button."),
        validators=[DataRequired(_("Enter a name.")), Length(max=80)],
    )
    active = BooleanField(_("Active"), description=_("Customers may choose it. Started payments go on either way."))
    account_types = boxes(_("Customer types"), validators=[DataRequired(_("Choose at least one customer type."))])
    position = NumberField(_("Place in the list"), least=0, most=1000)
    icon = PictureField(_("Icon"), description=_("PNG, JPEG or WebP, at most 200 KB."))
    without_icon = BooleanField(_("Remove the icon"))
    description = Paragraphs(
        _("Description"),
        description=_("Shown to the customer. Simple HTML: paragraphs, lists, emphasis, links."),
        validators=[Length(max=5000)],
        render_kw={"rows": 5},
    )


def method_form(provider: PaymentProvider, standings: Mapping[str, Standing], currency: str, **initial: Any) -> Any:
    """Return the form for a method of this provider; standings: of its settings, by key."""
    form = settings_form(MethodForm, standings, Level.METHOD, currency=currency, **initial)
    form.account_types.choices = [
        (kind.value, ACCOUNT_TYPES[kind]) for kind in AccountType if kind in provider.capabilities.account_types
    ]
    return form


def draft_of(form: Any, standings: Mapping[str, Standing]) -> MethodDraft:
    """Return what was entered."""
    change = change_of(form, standings)
    return MethodDraft(
        name=form.name.data,
        account_types=[AccountType(kind) for kind in form.account_types.data],
        active=form.active.data,
        description=form.description.data or "",
        position=form.position.data or 0,
        settings=change.values,
        inherited=change.inherited,
        forgotten=change.forgotten,
        icon=form.icon.picture,
        without_icon=form.without_icon.data,
    )


__all__ = ["MethodForm", "PictureField", "boxes", "draft_of", "method_form"]
