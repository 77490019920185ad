"""The form of a payment method: its own fields, then what the plugin declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from billhook import AccountType, Catalogue, LazyText, Level, PaymentProvider
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from host_stub.services.money_in.methods import MethodDraft
from host_stub.services.reading.sellers import BankAccount
from host_stub.services.settings.setting_levels import Standing
from host_stub.web.fields import NumberField, Paragraphs, Stripped
from host_stub.web.panel_form import PanelForm
from host_stub.web.sentences import ACCOUNT_TYPES
from host_stub.web.settings_form import change_of, settings_form
from host_stub.web.staff.forms import PictureField

_ = Catalogue("host_stub")


def boxes(label: LazyText, **kwargs: Any) -> SelectMultipleField:
    """Return a field for several of a few, as check boxes."""
    return SelectMultipleField(label, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), **kwargs)


class MethodForm(PanelForm):
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
    bank_account = SelectField(_("Bank account"), description=_("Its bills are paid into it."), default="")
    description = Paragraphs(
        _("Description"),
        description=_("Shown to the customer. Simple HTML: paragraphs, lists, emphasis, links."),
        validators=[Length(max=5000)],
        render_kw={"rows": 5},
    )


def method_form(
    provider: PaymentProvider,
    standings: Mapping[str, Standing],
    currency: str,
    accounts: Sequence[BankAccount],
    **initial: Any,
) -> Any:
    """Return the form for a method of this provider. standings: of its settings, by key. accounts: of the seller."""
    form = settings_form(MethodForm, standings, Level.METHOD, currency=currency, **initial)
    form.bank_account.choices = [("", _("The default account")), *((str(each.id), each.title) for each in accounts)]
    form.account_types.choices = [
        (kind.value, ACCOUNT_TYPES[kind]) for kind in AccountType if kind in provider.account_types
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
        bank_account=int(form.bank_account.data) if form.bank_account.data else None,
    )


__all__ = ["MethodForm", "boxes", "draft_of", "method_form"]
