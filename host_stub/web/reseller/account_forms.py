"""Forms about accounts and the people who use them."""

from __future__ import annotations

from typing import Any

from billhook import AccountType, Catalogue, LazyText
from billhook.requisites import inn_fault, kpp_fault
from wtforms import HiddenField, SelectChoice, SelectField, ValidationError
from wtforms.validators import DataRequired, Length

from host_stub.domain.people import AccessLevel
from host_stub.services.reading.accounts import Account
from host_stub.services.tenants.accounts import AccountDraft
from host_stub.web.fields import AmountField, InnField, KppField, Paragraphs, Stripped
from host_stub.web.panel_form import PanelForm
from host_stub.web.places import countries
from host_stub.web.reseller.legibility import unprintable
from host_stub.web.sentences import ACCOUNT_TYPES, LEVELS
from host_stub.web.staff.forms import PersonForm, an_address, language_field

_ = Catalogue("host_stub")


def tax_number_doubts(kind: AccountType, inn: str, kpp: str) -> list[LazyText]:
    """Return what looks wrong with the tax numbers of an account of this type, a warning only. Empty ones are in order.

    inn, kpp: bare, as the form's fields return them.
    """
    is_company = kind is AccountType.COMPANY
    found = [inn_fault(inn, (10,) if is_company else (12,)) if inn else None]
    if kpp:
        found.append(kpp_fault(kpp) if is_company else _("Only companies have a KPP."))
    return [fault for fault in found if fault is not None]


class CountryField(SelectField):
    """A country by its name; what is kept and no longer known stays to be chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, choices=_countries)

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        known = _countries()
        is_new = bool(value) and all(choice.value != value for choice in known)
        self.choices = [*known, SelectChoice(value, value)] if is_new else known


def _countries() -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in countries()]


class AccountForm(PanelForm):
    type = SelectField(
        _("Customer type"), choices=[SelectChoice(kind.value, ACCOUNT_TYPES[kind]) for kind in AccountType]
    )
    name = Stripped(
        _("Name"),
        description=_("As in documents: a company's name or a person's full name."),
        validators=[DataRequired(_("Enter a name.")), Length(max=300)],
    )
    inn = InnField(_("INN"))
    kpp = KppField(_("KPP"))
    email = Stripped(
        _("E-mail"),
        description=_("Gets mails about money when no user of the customer does."),
        validators=[Length(max=254), an_address],
    )
    phone = Stripped(_("Phone"), validators=[Length(max=50)])
    language = language_field()
    zip = Stripped(_("Postal code"), validators=[Length(max=20)])
    country = CountryField(_("Country"), default="RU")
    region = Stripped(_("Region"), validators=[Length(max=100)])
    city = Stripped(_("City"), validators=[Length(max=100)])
    street = Stripped(_("Street"), validators=[Length(max=200)])
    building = Stripped(_("Building"), validators=[Length(max=50)])
    office = Stripped(_("Office or flat"), validators=[Length(max=50)])
    attributes = Paragraphs(
        _("Additional parameters"),
        description=_("One a line, key=value. Receipt templates read them as custom attributes."),
        render_kw={"rows": 3},
        validators=[Length(max=5000)],
    )

    def validate_inn(self, field: Any) -> None:
        """Put the KPP that was pasted beside the INN into its own field."""
        if field.kpp and self.kpp.data not in ("", field.kpp):
            raise ValidationError(_("Behind the INN stands another KPP: {kpp}.", kpp=field.kpp))
        self.kpp.data = field.kpp or self.kpp.data

    def validate_kpp(self, field: Any) -> None:
        """Put the INN that was pasted beside the KPP into its own field."""
        if field.inn and self.inn.data not in ("", field.inn):
            raise ValidationError(_("Before the KPP stands another INN: {inn}.", inn=field.inn))
        self.inn.data = field.inn or self.inn.data

    def validate_attributes(self, field: Any) -> None:
        for line in filter(None, map(str.strip, (field.data or "").splitlines())):
            if not line.partition("=")[0].strip() or "=" not in line:
                raise ValidationError(_("Write each parameter as key=value on a line of its own."))

    @classmethod
    def of(cls, account: Account) -> AccountForm:
        text = "\n".join(f"{key}={value}" for key, value in account.custom_attributes.items())
        return cls(obj=account, attributes=text)

    def draft(self) -> AccountDraft:
        lines = filter(None, map(str.strip, (self.attributes.data or "").splitlines()))
        names = (
            "name", "inn", "kpp", "email", "phone", "language", "zip", "country", "region", "city", "street",
            "building", "office",
        )  # fmt: skip
        return AccountDraft(
            type=AccountType(self.type.data),
            custom_attributes={k.strip(): v.strip() for k, _sign, v in (line.partition("=") for line in lines)},
            **{name: self[name].data for name in names},
        )

    def warnings(self) -> list[LazyText]:
        """Return what looks wrong but is not refused."""
        draft = self.draft()
        found = tax_number_doubts(draft.type, draft.inn, draft.kpp)
        address = (draft.zip, draft.region, draft.city, draft.street, draft.building, draft.office)
        return [*found, *unprintable(draft.name, *address)]


class AccountUserForm(PersonForm):
    level = SelectField(_("Access level"), choices=[SelectChoice(level.value, LEVELS[level]) for level in AccessLevel])


class CorrectionForm(PanelForm):
    amount = AmountField(
        _("Sum"),
        signed=True,
        description=_("With a minus the sum is taken off the balance."),
        validators=[DataRequired(_("Enter a sum."))],
    )
    reason = Stripped(
        _("Reason"),
        description=_("The customer sees it under Operations."),
        validators=[DataRequired(_("Say why: it stays in the log.")), Length(max=300)],
    )
    once_token = HiddenField()


class ThresholdForm(PanelForm):
    threshold = AmountField(
        _("Blocking threshold"),
        signed=True,
        zero=True,
        description=_("Charges may take the balance down to this sum; a minus lets the customer owe."),
        validators=[],
    )


class TopUpForm(PanelForm):
    amount = AmountField(_("Sum"), validators=[DataRequired(_("Enter a sum."))])
    method_id = SelectField(_("Method"), coerce=int)
    purpose = Stripped(_("Purpose"), description=_("The customer and the bank see it."), validators=[Length(max=200)])
    comment = Stripped(_("Comment"), description=_("For staff only."), validators=[Length(max=300)])
    once_token = HiddenField()
