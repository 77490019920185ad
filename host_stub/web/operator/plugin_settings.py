"""A plugin's settings and templates for the whole installation: what every reseller inherits."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue, Level
from billhook.host.loading import LoadedPlugin
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.money_in.templates import owner_place, save_template_of_all
from host_stub.services.reading import methods
from host_stub.services.settings.plugin_settings import Owner
from host_stub.web.access import actor
from host_stub.web.operator import bp
from host_stub.web.panel import panel, reading, scope
from host_stub.web.settings_pages import SettingsPage, has_page, log_of_plugin, operator_id, templates_at
from host_stub.web.staff import template_room
from host_stub.web.staff.room import show
from host_stub.web.staff.template_room import Template

_ = Catalogue("host_stub")


def _plugin(name: str) -> LoadedPlugin:
    plugin = panel().registry.plugins.get(name)
    if plugin is None or not plugin.settings_at(Level.OPERATOR):
        abort(404)
    return plugin


def _crumbs(plugin: LoadedPlugin | None = None) -> list[tuple[Any, str]]:
    crumbs: list[tuple[Any, str]] = [(_("Plugins"), url_for("operator.plugins"))]
    if plugin is not None:
        crumbs.append((plugin.title, url_for("operator.plugin_settings", name=plugin.name)))
    return crumbs


@bp.route("/plugins/<name>/settings", methods=["GET", "POST"], endpoint="plugin_settings")
def plugin_settings_page(name: str) -> ResponseReturnValue:
    """What resellers, their methods and customers inherit; and whether the methods are well with it."""
    plugin = _plugin(name)
    page = SettingsPage(plugin, Owner(name))
    if page.saved():
        flash(str(_("Saved.")), "success")
        return redirect(url_for("operator.plugin_settings", name=name, check="yes"), 303)
    shown = show(
        "operator/plugin_settings.html",
        crumbs=_crumbs(),
        visit=page,
        has_form=has_page(plugin, Level.OPERATOR),
        templates=templates_at(plugin, Level.OPERATOR),
        cancel_url=url_for("operator.plugins"),
        check_url=url_for("operator.plugin_settings", name=name, check="yes"),
    )
    return shown, 422 if request.method == "POST" else 200


def _template(name: str, key: str) -> Template:
    plugin, owner = _plugin(name), Owner(name)
    setting = next((s for s in templates_at(plugin, Level.OPERATOR) if s.key == key), None)
    if plugin.provider is None or setting is None:
        abort(404)
    with reading() as session:
        place = owner_place(session, owner, setting)
        drawn = methods.of_plugin(session, name)
    return Template(
        setting=setting,
        provider=plugin.provider,
        place=place,
        methods=drawn,
        name=_("For all resellers: {plugin}", plugin=plugin.title),
        endpoint="operator.plugin_template",
        values={"name": name, "key": key},
        crumbs=_crumbs(plugin),
        save=lambda text: save_template_of_all(panel().store, scope(), owner, setting, text, by=actor()),
        log=lambda: log_of_plugin(plugin, operator_id()),
    )


@bp.route("/plugins/<name>/templates/<key>", methods=["GET", "POST"], endpoint="plugin_template")
def plugin_template_edit(name: str, key: str) -> ResponseReturnValue:
    return template_room.edit(_template(name, key))


@bp.post("/plugins/<name>/templates/<key>/preview")
def plugin_template_preview(name: str, key: str) -> ResponseReturnValue:
    return template_room.preview(_template(name, key))


@bp.post("/plugins/<name>/templates/<key>/restore")
def plugin_template_restore(name: str, key: str) -> ResponseReturnValue:
    return template_room.restore(_template(name, key))
