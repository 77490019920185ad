"""Forms drawn from what plugins declared: one field per `billhook.Setting`, checked by the same rules as the service.

::

    class Form(PanelForm):
        name = Stripped(_("Name"))

    form = settings_form(Form, standings, Level.METHOD, currency="RUB")
    if form.validate_on_submit():
        save(change_of(form, standings))

What may be inherited has a tick beside its field, which says what would hold without an own value: ticked, nothing is
kept here. A choice or switch has that as its first option instead. A secret that is kept here has a tick for the case
that it leaked: what is in the field then counts alone. LIQUID settings are left out: they have a page of
their own with a preview.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from billhook import Finding, Level, Setting, SettingKind
from flask import request
from wtforms import Field

from host_stub.services.settings.setting_changes import Change
from host_stub.services.settings.setting_levels import Standing
from host_stub.web.panel import panel
from host_stub.web.panel_form import PanelForm
from host_stub.web.setting_fields import FORGET, INHERIT, ON, PREFIX, Drawn, typed

FormClass = TypeVar("FormClass", bound=PanelForm)
Standings = Mapping[str, Standing]


def settings_form(
    base: type[PanelForm],
    standings: Standings,
    level: Level,
    *,
    currency: str,
    prefix: str = "",
    **initial: object,
) -> Any:
    """Return an instance of `base` with a field for each setting.

    standings: by key, how the settings stand at `level`. Secrets are never put into the page.
    prefix: of the fields' names in the page, where several such forms stand on one.
    initial: data of the fields of `base`.
    """
    if request.method == "POST":
        # Validators are the plugin's code, and asked from here on.
        panel().store.end_page()
    fields: dict[str, object] = {}
    for standing in shown(standings):
        drawn = Drawn(standing, level, currency)
        fields |= drawn.fields()
        initial |= drawn.initial()
    form_class = type(base.__name__, (base,), fields)
    return form_class(data=initial, prefix=prefix)


def shown(standings: Standings) -> list[Standing]:
    """Return the settings that stand in a form."""
    return [each for each in standings.values() if each.setting.kind is not SettingKind.LIQUID]


def change_of(form: PanelForm, standings: Standings) -> Change:
    """Return what was entered."""
    inherited = frozenset(each.setting.key for each in shown(standings) if _gives_up(form, each))
    entered = {each.setting.key: _entered(form, each.setting) for each in shown(standings)}
    return Change(
        values={key: value for key, value in entered.items() if key not in inherited},
        inherited=inherited,
        forgotten=frozenset(key for key in entered if FORGET + key in form and form[FORGET + key].data),
    )


def _entered(form: PanelForm, setting: Setting) -> object:
    data = form[PREFIX + setting.key].data
    is_list = setting.kind is SettingKind.SWITCH and not isinstance(data, bool)
    return data == ON if is_list else data


def _gives_up(form: PanelForm, standing: Standing) -> bool:
    """Say whether the inherited value shall hold. What somebody typed into an empty field is an own value."""
    key = standing.setting.key
    field = form[PREFIX + key]
    if INHERIT + key not in form:
        return bool(getattr(field, "inherits", False)) and not field.data
    return bool(form[INHERIT + key].data) and (standing.own or not typed(field))


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting on the page. inherit, forget: the ticks beside it. until: when replaced secrets cease to count."""

    field: Field
    inherit: Field | None = None
    forget: Field | None = None
    until: Sequence[datetime] = ()


def groups(
    form: PanelForm, standings: Standings, until: Mapping[str, Sequence[datetime]] | None = None
) -> list[tuple[str, list[Entry]]]:
    """Return the fields under their headings, in the order of declaration; an empty heading first come, first shown.

    until: by key of a secret, when those that it replaced cease to count.
    """
    found: dict[str, list[Entry]] = {}
    for standing in shown(standings):
        key = standing.setting.key
        inherit, forget = (form[name] if (name := tick + key) in form else None for tick in (INHERIT, FORGET))
        entry = Entry(form[PREFIX + key], inherit, forget, (until or {}).get(key, ()))
        found.setdefault(str(standing.setting.group), []).append(entry)
    return list(found.items())


def take_findings(form: PanelForm, findings: Iterable[object]) -> list[Finding]:
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


__all__ = ["Entry", "change_of", "groups", "settings_form", "shown", "take_findings"]
