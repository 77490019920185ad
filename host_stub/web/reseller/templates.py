"""Receipt templates: of single methods, and those that hold for all methods of a plugin."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue, Level, Setting, SettingKind
from billhook.host.loading import LoadedPlugin
from flask import abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from host_stub.services.money_in.templates import (
    method_place,
    owner_place,
    save_template,
    save_template_of_all,
)
from host_stub.services.reading import methods, resellers
from host_stub.services.settings import setting_levels
from host_stub.services.settings.plugin_settings import Owner
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.settings_pages import log_of_plugin, templates_at
from host_stub.web.staff import template_room
from host_stub.web.staff.room import log_of, show
from host_stub.web.staff.template_room import STATES, Template

_ = Catalogue("host_stub")


@bp.get("/templates", endpoint="templates")
def templates_list() -> ResponseReturnValue:
    """Every template: those for all methods of a plugin, then those of each method."""
    with reading() as session:
        found = [
            (each.shown, setting, STATES[setting_levels.find(setting, method_place(session, each, setting).kept)[1]])
            for each in methods.records(session)
            for setting in _templates_of(each.plugin)
        ]
        shared = [
            (plugin, setting, STATES[setting_levels.find(setting, owner_place(session, owner, setting).kept)[1]])
            for plugin in _shared(session)
            for owner in [Owner(plugin.name, current_reseller_id())]
            for setting in templates_at(plugin, Level.RESELLER)
        ]
        plugins = panel().registry.plugins
        failed = methods.templates_given_up(
            session, {name: p.provider.settings for name, p in plugins.items() if p.provider}
        )
    return show(
        "reseller/templates.html",
        found=found,
        shared=shared,
        failed=failed,
        own=STATES[Level.METHOD],
        for_all=STATES[Level.RESELLER],
    )


def _shared(session: Session) -> list[LoadedPlugin]:
    on = resellers.plugins_on(session, current_reseller_id())
    return [plugin for name, plugin in panel().registry.plugins.items() if name in on]


def _templates_of(name: str) -> list[Setting]:
    plugin = panel().registry.plugins.get(name)
    if plugin is None or plugin.provider is None:
        return []
    return [s for s in plugin.provider.settings if s.kind is SettingKind.LIQUID]


def _of_method(method_id: int, key: str) -> Template:
    with reading() as session:
        record = methods.record(session, method_id)
        provider = panel().registry.provider(record.plugin)
        setting = next((s for s in _templates_of(record.plugin) if s.key == key), None)
        if setting is None:
            abort(404)
        place = method_place(session, record, setting)

    def log() -> list[Any]:
        with reading() as session:
            return log_of(session, "payment_method", method_id, "RUB", {s.key: s.label for s in provider.settings})

    return Template(
        setting=setting,
        provider=provider,
        place=place,
        methods=[record.shown],
        name=record.name,
        endpoint="reseller.template",
        values={"method_id": method_id, "key": key},
        crumbs=[
            (_("Templates"), url_for("reseller.templates")),
            (record.name, url_for("reseller.method", method_id=method_id)),
        ],
        save=lambda text: save_template(panel().store, scope(), method_id, setting, text, by=actor()),
        log=log,
    )


@bp.route("/templates/<int:method_id>/<key>", methods=["GET", "POST"], endpoint="template")
def template_edit(method_id: int, key: str) -> ResponseReturnValue:
    return template_room.edit(_of_method(method_id, key))


@bp.post("/templates/<int:method_id>/<key>/preview")
def template_preview(method_id: int, key: str) -> ResponseReturnValue:
    return template_room.preview(_of_method(method_id, key))


@bp.post("/templates/<int:method_id>/<key>/restore")
def template_restore(method_id: int, key: str) -> ResponseReturnValue:
    return template_room.restore(_of_method(method_id, key))


def _of_all(name: str, key: str) -> Template:
    """Return the template for all methods of a plugin. A plugin that is off has none."""
    owner = Owner(name, current_reseller_id())
    with reading() as session:
        plugin = next((plugin for plugin in _shared(session) if plugin.name == name), None)
        setting = next((s for s in templates_at(plugin, Level.RESELLER) if s.key == key), None) if plugin else None
        if plugin is None or plugin.provider is None or setting is None:
            abort(404)
        place, drawn = owner_place(session, owner, setting), methods.of_plugin(session, name)
    return Template(
        setting=setting,
        provider=plugin.provider,
        place=place,
        methods=drawn,
        name=_("For all methods: {plugin}", plugin=plugin.title),
        endpoint="reseller.template_of_all",
        values={"name": name, "key": key},
        crumbs=[(_("Templates"), url_for("reseller.templates"))],
        save=lambda text: save_template_of_all(panel().store, scope(), owner, setting, text, by=actor()),
        log=lambda: log_of_plugin(plugin, current_reseller_id()),
    )


@bp.route("/templates/all/<name>/<key>", methods=["GET", "POST"], endpoint="template_of_all")
def template_of_all_edit(name: str, key: str) -> ResponseReturnValue:
    return template_room.edit(_of_all(name, key))


@bp.post("/templates/all/<name>/<key>/preview")
def template_of_all_preview(name: str, key: str) -> ResponseReturnValue:
    return template_room.preview(_of_all(name, key))


@bp.post("/templates/all/<name>/<key>/restore")
def template_of_all_restore(name: str, key: str) -> ResponseReturnValue:
    return template_room.restore(_of_all(name, key))
