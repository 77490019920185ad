"""A plugin's settings for the whole reseller: what its methods and customers inherit."""

from __future__ import annotations

from billhook import Catalogue, Level
from billhook.host.loading import LoadedPlugin
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.reading import resellers
from host_stub.services.settings.plugin_settings import Owner
from host_stub.web.access import current_reseller_id
from host_stub.web.panel import panel, reading
from host_stub.web.reseller import bp
from host_stub.web.settings_pages import SettingsPage, has_page
from host_stub.web.staff.room import reseller, show

_ = Catalogue("host_stub")


def plugins_to_set(*, taking_payments: bool) -> list[LoadedPlugin]:
    """Return the plugins that are on and have something to set for the whole reseller."""
    with reading() as session:
        on = resellers.plugins_on(session, current_reseller_id())
    return [
        plugin
        for name, plugin in panel().registry.plugins.items()
        if name in on and has_page(plugin, Level.RESELLER) and (plugin.provider is not None) is taking_payments
    ]


@bp.route("/notifications/<name>", methods=["GET", "POST"], endpoint="notification_settings")
def notification_settings(name: str) -> ResponseReturnValue:
    """Settings of a plugin that takes no payments, and what customers have who set nothing."""
    return _page(name, "reseller.notifications", taking_payments=False)


@bp.route("/methods/settings/<name>", methods=["GET", "POST"], endpoint="method_settings")
def method_settings(name: str) -> ResponseReturnValue:
    """What all methods of a plugin inherit."""
    return _page(name, "reseller.methods", taking_payments=True)


def _page(name: str, above: str, *, taking_payments: bool) -> ResponseReturnValue:
    plugin = next((p for p in plugins_to_set(taking_payments=taking_payments) if p.name == name), None)
    if plugin is None:
        abort(404)
    page = SettingsPage(plugin, Owner(name, current_reseller_id()), reseller().currency)
    if page.saved():
        flash(str(_("Saved.")), "success")
        if not page.is_inherited_by_methods:
            return redirect(url_for(above), 303)
        return redirect(url_for("reseller.method_settings", name=name, check="yes"), 303)
    label = _("Payment methods") if taking_payments else _("Notifications")
    shown = show(
        "reseller/plugin_settings.html",
        crumbs=[(label, url_for(above))],
        visit=page,
        cancel_url=url_for(above),
        check_url=url_for("reseller.method_settings", name=name, check="yes"),
        for_customers=any(setting.level is Level.ACCOUNT for setting in plugin.settings),
    )
    return shown, 422 if request.method == "POST" else 200
