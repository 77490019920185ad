"""«Settings»: what plugins let a customer decide, such as warnings of a low balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from billhook import Catalogue, Finding, Level, Setting
from billhook.settings import Text
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from host_stub.domain.errors import InvalidSettings, NotFound
from host_stub.services.reading import accounts, journal, resellers
from host_stub.services.settings import plugin_settings
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.settings.setting_levels import Standing
from host_stub.web import settings_form
from host_stub.web.access import Right, actor, current_account, current_reseller_id, customer_account
from host_stub.web.customer import bp
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm
from host_stub.web.plugin_texts import words_of_plugins
from host_stub.web.sentences import ACCOUNT_TYPES, log_lines

_ = Catalogue("host_stub")


class PluginForm(PanelForm):
    """The fields are those that the plugin declared."""


@dataclass(frozen=True, slots=True)
class Section:
    """A plugin's settings on the page. standings: by key, how they stand for the account."""

    plugin: str
    title: Text
    standings: dict[str, Standing]
    currency: str

    @property
    def settings(self) -> tuple[Setting, ...]:
        return tuple(standing.setting for standing in self.standings.values())

    @property
    def is_own(self) -> bool:
        """Whether the account has a value of its own, so that there is something to give up."""
        return any(standing.own for standing in self.standings.values())

    def form(self) -> Any:
        return settings_form.settings_form(
            PluginForm, self.standings, Level.ACCOUNT, currency=self.currency, prefix=self.plugin
        )


@bp.get("/<int:account_id>/settings")
@customer_account(Right.SETTINGS)
def settings(account_id: int) -> ResponseReturnValue:
    return _page({})


@bp.post("/<int:account_id>/settings/<plugin>", endpoint="settings_save")
@customer_account(Right.SETTINGS)
def save_settings(account_id: int, plugin: str) -> ResponseReturnValue:
    """Keep what one plugin's form says; a level raised above the balance warns at once."""
    section = _section(plugin)
    form = section.form()
    if not form.validate_on_submit():
        return _page({plugin: form}), 422
    change = settings_form.change_of(form, section.standings)
    try:
        plugin_settings.save_change(
            panel().store, scope(), _owner(plugin), section.settings, change, by=actor(), keys=panel().keys
        )
    except InvalidSettings as error:
        rest = settings_form.take_findings(form, error.findings)
        return _page({plugin: form}, rest), 422
    flash(str(_("Settings saved.")), "success")
    return redirect(url_for("customer.settings", account_id=account_id), 303)


@bp.post("/<int:account_id>/settings/<plugin>/reset", endpoint="settings_reset")
@customer_account(Right.SETTINGS)
def reset_settings(account_id: int, plugin: str) -> ResponseReturnValue:
    """Give up the account's own values; the reseller's hold again."""
    section = _section(plugin)
    plugin_settings.reset(panel().store, scope(), _owner(plugin), section.settings, by=actor())
    flash(str(_("The provider's settings apply again.")), "success")
    return redirect(url_for("customer.settings", account_id=account_id), 303)


def _owner(plugin: str) -> Owner:
    return Owner(plugin, current_reseller_id(), current_account().id)


def _section(plugin: str) -> Section:
    """Return one plugin's settings. Raises NotFound for a plugin that is off or has nothing for a customer."""
    with reading() as session:
        found = next((section for section in _sections(session) if section.plugin == plugin), None)
    if found is None:
        raise NotFound("Plugin", plugin)
    return found


def _sections(session: Session) -> list[Section]:
    found, on = [], resellers.plugins_on(session, current_reseller_id())
    for plugin in panel().registry.plugins.values():
        mine = plugin_settings.of_account(plugin.settings)
        if not mine or plugin.name not in on:
            continue
        owner = _owner(plugin.name)
        standings = plugin_settings.standings(session, owner, mine, panel().keys)
        found.append(Section(plugin.name, plugin.title, standings, current_account().balance.currency))
    return found


def _page(filled: dict[str, Any], findings: list[Finding] | None = None) -> str:
    """Draw all sections. filled: forms as they were submitted, by plugin."""
    with reading() as session:
        found = _sections(session)
        account = accounts.view(session, current_account().id)
        log = log_lines(
            journal.entries(session, "account", account.id, limit=20),
            account.balance.currency,
            for_customer=True,
            others=words_of_plugins(panel().registry),
        )
    forms = [(section, filled.get(section.plugin) or section.form()) for section in found]
    return render_template(
        "customer/settings.html",
        sections=[(section, form, settings_form.groups(form, section.standings)) for section, form in forms],
        findings=findings or [],
        account=account,
        account_type=ACCOUNT_TYPES[account.type],
        log=log,
    )
