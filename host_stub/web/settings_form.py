"""Forms drawn from what plugins declared: one field per `billhook.Setting`, checked by the same rules as the service.

::

    class Form(FlaskForm):
        name = Stripped(_("Name"))

    form = settings_form(Form, settings, values, currency="RUB", kept_secrets={"secret"})
    if form.validate_on_submit():
        save(values_of(form, settings))

LIQUID settings are left out: they have a page of their own with a preview.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from billhook import Catalogue, Finding, Setting, SettingKind
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, SelectChoice, SelectField, TextAreaField, ValidationError

from host_stub.services import setting_values
from host_stub.web.fields import AmountField, NumberField, Stripped

_ = Catalogue("host_stub")

PREFIX: Final = "setting_"
FORGET: Final = "forget_"

FormClass = TypeVar("FormClass", bound=FlaskForm)


def settings_form(
    base: type[FlaskForm],
    settings: Sequence[Setting],
    values: Mapping[str, object],
    *,
    currency: str,
    kept_secrets: Collection[str] = (),
    prefix: str = "",
    **initial: object,
) -> Any:
    """Return an instance of `base` with a field for each setting.

    values: complete, by key (`MethodView.settings`); secrets among them are never put into the page.
    kept_secrets: keys of secrets that have a value; their field may stay empty.
    prefix: of the fields' names in the page, where several such forms stand on one.
    initial: data of the fields of `base`.
    """
    fields: dict[str, object] = {}
    for setting in shown(settings):
        kept = setting.kind is SettingKind.SECRET and setting.key in kept_secrets
        fields[PREFIX + setting.key] = _field(setting, currency, kept)
        if kept and not setting.required:
            fields[FORGET + setting.key] = BooleanField(_("Forget this secret"))
    form_class = type(base.__name__, (base,), fields)
    data = {PREFIX + s.key: values.get(s.key) for s in shown(settings) if s.kind is not SettingKind.SECRET}
    return form_class(data={**data, **initial}, prefix=prefix)


def shown(settings: Sequence[Setting]) -> list[Setting]:
    """Return the settings that stand in a form."""
    return [setting for setting in settings if setting.kind is not SettingKind.LIQUID]


def values_of(form: FlaskForm, settings: Sequence[Setting]) -> dict[str, object]:
    """Return what was entered, typed by kind, by key."""
    return {s.key: form[PREFIX + s.key].data for s in shown(settings)}


def forgotten(form: FlaskForm, settings: Sequence[Setting]) -> frozenset[str]:
    """Return the keys of secrets that are to be removed."""
    return frozenset(s.key for s in settings if FORGET + s.key in form and form[FORGET + s.key].data)


def groups(form: FlaskForm, settings: Sequence[Setting]) -> list[tuple[str, list[Field]]]:
    """Return the fields under their headings, in the order of declaration; an empty heading first come, first shown."""
    found: dict[str, list[Field]] = {}
    for setting in shown(settings):
        names = (PREFIX + setting.key, FORGET + setting.key)
        found.setdefault(str(setting.group), []).extend(form[name] for name in names if name in form)
    return list(found.items())


def take_findings(form: FlaskForm, findings: Sequence[object]) -> list[Finding]:
    """Put findings beside the fields they belong to; return those that belong to none."""
    rest = []
    for finding in findings:
        if not isinstance(finding, Finding):
            continue
        name = PREFIX + finding.setting
        if finding.setting and name in form:
            text = f"{finding.text} {finding.remedy}".strip()
            form[name].errors = (*form[name].errors, text)
        else:
            rest.append(finding)
    return rest


def _field(setting: Setting, currency: str, kept: bool) -> object:
    flags = {"required": True} if setting.required and not kept else {}
    common: dict[str, Any] = {"label": setting.label, "description": _help(setting, kept)}
    common["validators"] = [_checked(setting, kept, flags)]
    kind = setting.kind
    if kind is SettingKind.SWITCH:
        return BooleanField(**common)
    if kind is SettingKind.CHOICE:
        return SelectField(choices=[SelectChoice(key, label) for key, label in setting.choices], **common)
    if kind is SettingKind.NUMBER:
        return NumberField(**common)
    if kind is SettingKind.MONEY:
        signed = setting.minimum is None or setting.minimum < 0
        return AmountField(currency=currency, signed=signed, zero=True, optional=True, **common)
    if kind is SettingKind.SECRET:
        return PasswordField(render_kw={"autocomplete": "new-password"}, **common)
    if kind in (SettingKind.MULTILINE, SettingKind.EMAILS):
        return TextAreaField(render_kw={"rows": 4}, **common)
    return Stripped(**common)


def _help(setting: Setting, kept: bool) -> object:
    if not kept:
        return setting.help
    said = _("A value is set and is not shown. Leave empty to keep it.")
    return LazyPair(said, setting.help) if setting.help else said


class LazyPair:
    """Two lazy texts, one after the other."""

    def __init__(self, first: object, second: object) -> None:
        self._parts = (first, second)

    def __str__(self) -> str:
        return " ".join(str(part) for part in self._parts)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))


def _checked(setting: Setting, kept: bool, flags: Mapping[str, bool]) -> Callable[[FlaskForm, Field], None]:
    def check(_form: FlaskForm, field: Field) -> None:
        value: object = field.data
        if field.errors or (kept and not value):
            return
        if isinstance(value, str) and setting.kind is not SettingKind.SECRET:
            value = value.strip()
        fault = setting_values.fault(setting, value)
        if fault is not None:
            raise ValidationError(fault)

    check.field_flags = dict(flags)  # type: ignore[attr-defined]
    return check


__all__ = [
    "forgotten",
    "groups",
    "settings_form",
    "shown",
    "take_findings",
    "values_of",
]
