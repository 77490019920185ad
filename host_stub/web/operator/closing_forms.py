"""What the operator says to close a reseller."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue
from wtforms import ValidationError
from wtforms.validators import DataRequired

from host_stub.domain.folding import fold
from host_stub.web.fields import Stripped
from host_stub.web.staff.forms import ReasonForm

_ = Catalogue("host_stub")


class ClosingForm(ReasonForm):
    """Why a reseller is closed, and its name, typed by who means it."""

    typed_name = Stripped(
        _("Name of the reseller"),
        validators=[DataRequired(_("Type the name, so that nobody is closed by mistake."))],
    )

    def __init__(self, name: str, **values: Any) -> None:
        super().__init__(**values)
        self._name = name

    def validate_typed_name(self, field: Any) -> None:
        if fold(field.data) != fold(self._name):
            raise ValidationError(_("This is not the name of this reseller: {name}.", name=self._name))
