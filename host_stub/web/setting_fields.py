"""The fields of one setting: its own, and the tick beside it that gives the value up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from billhook import Catalogue, Level, Setting, SettingKind
from billhook.settings import Text
from wtforms import BooleanField, Field, PasswordField, SelectChoice, SelectField, ValidationError

from host_stub.services.settings import secret_vaults, setting_values
from host_stub.services.settings.setting_levels import Standing
from host_stub.web import setting_words
from host_stub.web.fields import AmountField, NumberField, Paragraphs, Stripped
from host_stub.web.panel_form import PanelForm

_ = Catalogue("host_stub")

PREFIX: Final = "setting_"
INHERIT: Final = "inherit_"
FORGET: Final = "forget_"
#: What a switch with three states sends.
ON, OFF = "on", "off"

_LISTED: Final = (SettingKind.SWITCH, SettingKind.CHOICE)


class ListedField(SelectField):
    """A choice. inherits: its empty option means that the inherited value holds."""

    def __init__(self, *args: Any, inherits: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inherits = inherits


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a setting is drawn at a level."""

    standing: Standing
    level: Level
    currency: str

    @property
    def setting(self) -> Setting:
        return self.standing.setting

    @property
    def falls_back(self) -> bool:
        """Whether something else may hold without an own value: a level above, or a default that may be overridden."""
        setting = self.setting
        return self.level is not setting.highest or (setting.inherits and setting.default not in (None, ""))

    @property
    def is_kept(self) -> bool:
        """Whether it is a secret that has a value here: its field may stay empty."""
        return self.setting.kind is SettingKind.SECRET and self.standing.own

    def fields(self) -> dict[str, object]:
        """Return the fields by name, for the form's class."""
        key = self.setting.key
        found: dict[str, object] = {PREFIX + key: self._field()}
        if self.falls_back and self.setting.kind not in _LISTED:
            found[INHERIT + key] = BooleanField(setting_words.inherited(self.standing, self.level))
        if self.is_kept:
            found[FORGET + key] = BooleanField(_("Stop accepting this secret and the former ones at once"))
        return found

    def initial(self) -> dict[str, object]:
        """Return what stands in the fields at first. What is inherited is said beside its field, not in it."""
        key, kind, standing = self.setting.key, self.setting.kind, self.standing
        if kind is SettingKind.SECRET:
            return {INHERIT + key: not standing.own}
        if self.falls_back and not standing.own:
            return {PREFIX + key: "" if kind in _LISTED else None, INHERIT + key: True}
        if self.falls_back and kind is SettingKind.SWITCH:
            return {PREFIX + key: ON if standing.value else OFF}
        return {PREFIX + key: standing.value, INHERIT + key: False}

    @property
    def is_required(self) -> bool:
        """Whether there must be an own value, or an inherited one, after this level has been asked."""
        return self.setting.required and self.level is self.setting.level

    def _field(self) -> object:
        kind = self.setting.kind
        flags = {"required": True} if self.is_required and not self.is_kept and not self.falls_back else {}
        common: dict[str, Any] = {"label": self.setting.label, "description": self._help()}
        common["validators"] = [_checked(self, flags)]
        if kind is SettingKind.CHOICE or (kind is SettingKind.SWITCH and self.falls_back):
            return ListedField(choices=self._choices(), inherits=self._has_none, **common)
        if kind is SettingKind.SWITCH:
            return BooleanField(**common)
        if kind is SettingKind.NUMBER:
            return NumberField(**common)
        if kind is SettingKind.MONEY:
            signed = self.setting.minimum is None or self.setting.minimum < 0
            return AmountField(currency=self.currency, signed=signed, zero=True, optional=True, **common)
        if kind is SettingKind.SECRET:
            return PasswordField(render_kw={"autocomplete": "new-password"}, **common)
        if kind in (SettingKind.MULTILINE, SettingKind.EMAILS):
            return Paragraphs(render_kw={"rows": 4}, **common)
        return Stripped(**common)

    @property
    def _has_none(self) -> bool:
        """Whether a choice may be left to others: to a level above, to the default, or to the levels below."""
        return self.falls_back or self.level is not self.setting.level

    def _choices(self) -> list[SelectChoice]:
        setting = self.setting
        options = [SelectChoice(key, label) for key, label in setting.choices]
        if setting.kind is SettingKind.SWITCH:
            options = [SelectChoice(ON, _("on")), SelectChoice(OFF, _("off"))]
        if not self._has_none:
            return options
        words = setting_words.inherited(self.standing, self.level) if self.falls_back else _("Not set here")
        return [SelectChoice("", words), *options]

    def _help(self) -> object:
        if not self.is_kept:
            return self.setting.help
        said = _("A value is set and is not shown. Leave empty to keep it.")
        if self.standing.unreadable:
            said = secret_vaults.UNREADABLE
        return LazyPair(said, self.setting.help) if self.setting.help else said


class LazyPair:
    """Two lazy texts, one after the other."""

    def __init__(self, first: object, second: object) -> None:
        self._parts = (first, second)

    def __str__(self) -> str:
        return " ".join(str(part) for part in self._parts)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))


def typed(field: Field) -> bool:
    """Say whether there is text in a submitted field."""
    return bool(field.raw_data and str(field.raw_data[0]).strip())


def _checked(drawn: Drawn, flags: Mapping[str, bool]) -> Callable[[PanelForm, Field], None]:
    def check(form: PanelForm, field: Field) -> None:
        fault = None if field.errors else _fault(drawn, form, field)
        if fault is not None:
            raise ValidationError(fault)

    check.field_flags = dict(flags)  # type: ignore[attr-defined]
    return check


def _fault(drawn: Drawn, form: PanelForm, field: Field) -> Text | None:
    setting, value, has_text = drawn.setting, field.data, typed(field)
    if isinstance(value, str) and setting.kind is not SettingKind.SECRET:
        value = value.strip()
    tick = INHERIT + setting.key
    gives_up = form[tick].data if tick in form else getattr(field, "inherits", False) and not value
    if gives_up and has_text and drawn.standing.own and not _is_same(value, drawn.standing.value):
        return _("Untick “inherit” to keep what you entered, or leave the field as it was.")
    if gives_up and (drawn.standing.own or not has_text):
        return _none_left(drawn)
    forget = FORGET + setting.key
    if forget in form and form[forget].data and not value:
        return _none_left(drawn)
    if drawn.is_kept and not value:
        return secret_vaults.UNREADABLE if drawn.standing.unreadable else None
    if setting.kind is SettingKind.SWITCH:
        return None
    if setting.kind is SettingKind.SECRET and not value:
        # Without its own secret it inherits one: nobody means a method to have none.
        return _("Fill this in.") if drawn.falls_back or drawn.is_required else None
    if value in (None, "") and drawn.level is not setting.level:
        return None
    return setting_values.fault(setting, value) or setting_values.refusal(setting, value)


def _is_same(entered: object, kept: object) -> bool:
    """Compare what came back from the page with what stood in it; browsers change line breaks."""
    if isinstance(entered, str) and isinstance(kept, str):
        return entered.split() == kept.split()
    return entered == kept


def _none_left(drawn: Drawn) -> Text | None:
    nothing = drawn.standing.inherited in (None, "") or (
        drawn.setting.kind is SettingKind.SECRET and not drawn.standing.inherited
    )
    if not drawn.is_required or not nothing:
        return None
    return _("Nothing is set above: fill this in.") if drawn.falls_back else _("Fill this in.")
