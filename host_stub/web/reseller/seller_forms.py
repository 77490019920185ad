"""Forms of the seller, drawn from its scheme: one field a requisite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from billhook import Catalogue, Finding
from billhook.host.schemes import Regime, Scheme, SchemeField
from wtforms import BooleanField, SelectChoice, SelectField
from wtforms.validators import DataRequired, Length

from host_stub.web.fields import DayOfAnyTimeField, Stripped
from host_stub.web.panel_form import PanelForm

_ = Catalogue("host_stub")


class _SchemeForm(PanelForm):
    def typed(self, fields: Sequence[SchemeField]) -> dict[str, str]:
        return {each.key: self[each.key].data or "" for each in fields}

    def take(self, findings: Sequence[object]) -> None:
        """Put what was found beside the fields; the rest stands above the form."""
        for finding in findings:
            if not isinstance(finding, Finding):
                continue
            text = f"{finding.text} {finding.remedy}".strip()
            if finding.setting in self:
                self[finding.setting].errors = (*self[finding.setting].errors, text)
            else:
                self.form_errors.append(text)


class AccountForm(_SchemeForm):
    default = BooleanField(
        _("Default account"), description=_("Bills name it unless their payment method has chosen another.")
    )


def _drawn(base: type[_SchemeForm], fields: Sequence[SchemeField], values: Mapping[str, str], **more: Any) -> Any:
    drawn = {
        each.key: Stripped(each.label, description=each.help, validators=[Length(max=each.maximum)]) for each in fields
    }
    data = {each.key: values.get(each.key, each.default) for each in fields}
    return type(base.__name__, (base,), drawn)(data=data | more)


def requisites_form(scheme: Scheme, values: Mapping[str, str]) -> Any:
    return _drawn(_SchemeForm, scheme.requisites, values)


def account_form(scheme: Scheme, values: Mapping[str, str], *, is_default: bool) -> Any:
    return _drawn(AccountForm, scheme.account, values, default=is_default)


class RegimeForm(_SchemeForm):
    since = DayOfAnyTimeField(_("From the day"), validators=[DataRequired(_("Enter a date like 13.11.2020."))])
    regime = SelectField(_("Tax system"))
    vat = SelectField(_("VAT"), description=_("The rate is taken by the date on which a document is issued."))

    @classmethod
    def of(cls, scheme: Scheme, today: Any, **kwargs: Any) -> RegimeForm:
        form = cls(**kwargs)
        form.since.use(today)
        form.regime.choices = [SelectChoice(value, label) for value, label in scheme.regimes]
        form.vat.choices = [SelectChoice(value, label) for value, label in scheme.vats]
        return form

    def wanted(self) -> Regime:
        return Regime(self.since.data, self.regime.data, self.vat.data)
