"""The page of a plugin's settings for a whole reseller or for the operator: what levels below inherit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from billhook import Finding, Level, Setting, SettingKind
from billhook.host.loading import LoadedPlugin
from flask import request

from host_stub.domain.errors import InvalidSettings
from host_stub.plugins import settings_doctor
from host_stub.plugins.settings_doctor import Heir
from host_stub.services.reading import journal, resellers
from host_stub.services.settings import plugin_settings, setting_changes
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.settings.secret_vaults import accepted_until
from host_stub.services.settings.setting_changes import Change, Place
from host_stub.services.settings.setting_levels import Standing, former_secrets
from host_stub.web.access import actor
from host_stub.web.page import LogEntry
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm
from host_stub.web.plugin_texts import words_of_plugins
from host_stub.web.sentences import log_lines
from host_stub.web.setting_fields import PREFIX
from host_stub.web.settings_form import change_of, groups, settings_form, take_findings

#: The name of the box that says «save it all the same».
ANYWAY: Final = "anyway"
_LOGGED: Final = frozenset({"plugin.settings_changed", "plugin.settings_of_all_changed"})


def has_page(plugin: LoadedPlugin, level: Level) -> bool:
    """Say whether there is something to fill in at a level; templates have a room of their own."""
    return any(setting.kind is not SettingKind.LIQUID for setting in plugin.settings_at(level))


def templates_at(plugin: LoadedPlugin, level: Level) -> list[Setting]:
    """Return the templates that may be kept at a level."""
    return [setting for setting in plugin.settings_at(level) if setting.kind is SettingKind.LIQUID]


@dataclass
class SettingsPage:
    """One visit to the page. currency: of the reseller; the operator has no sums.

    broken: methods that the change would break, shown before it is made. rest: findings that belong to no field.
    """

    plugin: LoadedPlugin
    owner: Owner
    currency: str = "RUB"
    broken: list[Heir] = field(default_factory=list)
    rest: list[Finding] = field(default_factory=list)

    @property
    def settings(self) -> tuple[Setting, ...]:
        return self.plugin.settings_at(self.owner.level)

    @property
    def is_inherited_by_methods(self) -> bool:
        return any(setting.level is Level.METHOD for setting in self.settings)

    @cached_property
    def standings(self) -> dict[str, Standing]:
        with reading() as session:
            return plugin_settings.standings(session, self.owner, self.settings, panel().keys)

    @cached_property
    def form(self) -> Any:
        return settings_form(PanelForm, self.standings, self.owner.level, currency=self.currency)

    def saved(self) -> bool:
        """Take the form over; False if there is something to be shown first: faults, or methods that would break."""
        if not self.form.validate_on_submit():
            return False
        change = change_of(self.form, self.standings)
        if request.form.get(ANYWAY) != "yes" and self._breaks(change):
            return False
        try:
            plugin_settings.save_change(
                panel().store, scope(), self.owner, self.settings, change, by=actor(), keys=panel().keys
            )
        except InvalidSettings as error:
            self.rest = take_findings(self.form, error.findings)
            return False
        return True

    def _breaks(self, change: Change) -> bool:
        if self.is_inherited_by_methods:
            parts = panel()
            with reading() as session:
                before = Place(self.owner.level, plugin_settings.kept(session, self.owner, self.settings))
            trial = setting_changes.applied(before, self.settings, change, parts.keys, parts.store.now())
            self.broken = settings_doctor.broken_by(parts.desk, scope(), self.owner, self.settings, trial)
        return bool(self.broken)

    @property
    def has_new_secret(self) -> bool:
        """Whether a secret was entered, which the page does not bring back."""
        fields = (self.form[PREFIX + each.key] for each in self.settings if each.kind is SettingKind.SECRET)
        return any(field.data for field in fields)

    def heirs(self) -> list[Heir] | None:
        """Return the methods that inherit, checked, if that was asked for."""
        if request.method == "POST" or "check" not in request.args or not self.is_inherited_by_methods:
            return None
        return settings_doctor.heirs(panel().desk, scope(), self.owner, self.settings)

    def groups(self) -> list[Any]:
        """Return the fields under their headings, with the time that replaced secrets still have."""
        at = panel().store.now()
        secrets = [setting for setting in self.settings if setting.kind is SettingKind.SECRET]
        with reading() as session:
            kept = plugin_settings.kept(session, self.owner, secrets)
        until = {secret.key: accepted_until(former_secrets(secret, kept, at), at) for secret in secrets}
        return groups(self.form, self.standings, until)

    def log(self) -> list[LogEntry]:
        """Return who changed what here."""
        return log_of_plugin(self.plugin, self.owner.reseller_id or operator_id(), self.currency)


def log_of_plugin(plugin: LoadedPlugin, reseller_id: int, currency: str = "RUB") -> list[LogEntry]:
    """Return who changed which settings of a plugin for a whole reseller, or for all if it is the operator."""
    with reading() as session:
        rows = journal.entries(session, "reseller", reseller_id)
    mine = [row for row in rows if row.action in _LOGGED and (row.details or {}).get("plugin") == plugin.name]
    labels = {setting.key: setting.label for setting in plugin.all_settings}
    return log_lines(mine, currency, labels=labels, others=words_of_plugins(panel().registry))


def operator_id() -> int:
    """Return the root reseller, under whom the operator's own doings are logged."""
    with reading() as session:
        root = resellers.operator(session)
    assert root is not None, "who is in the operator's room belongs to the root reseller"
    return root.id
