"""Receipt templates: of single methods, and those that hold for all methods of a plugin."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue, Level, Setting, SettingKind
from billhook.host.loading import LoadedPlugin
from flask import abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import PaymentMethod
from host_stub.persistence.store import fetch
from host_stub.services.money_in.templates import (
    given_up,
    method_place,
    owner_place,
    save_template,
    save_template_of_all,
)
from host_stub.services.settings import setting_levels
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.tenants import resellers
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
        rows = methods_of(session)
        found = [
            (row, setting, STATES[setting_levels.find(setting, method_place(session, row, setting).kept)[1]])
            for row in rows
            for setting in _templates_of(row)
        ]
        shared = [
            (plugin, setting, STATES[setting_levels.find(setting, owner_place(session, owner, setting).kept)[1]])
            for plugin in _shared(session)
            for owner in [Owner(plugin.name, current_reseller_id())]
            for setting in templates_at(plugin, Level.RESELLER)
        ]
        plugins = panel().registry.plugins
        failed = given_up(session, {name: p.provider.settings for name, p in plugins.items() if p.provider})
    return show(
        "reseller/templates.html",
        found=found,
        shared=shared,
        failed={(method.id, setting.key) for method, setting in failed},
        own=STATES[Level.METHOD],
        for_all=STATES[Level.RESELLER],
    )


def methods_of(session: Session, plugin: str = "") -> list[PaymentMethod]:
    """Return the methods in the reseller's order; of one plugin, those that are offered come first."""
    query = select(PaymentMethod).order_by(PaymentMethod.position, PaymentMethod.id)
    if plugin:
        query = select(PaymentMethod).where(PaymentMethod.plugin == plugin)
        query = query.order_by(PaymentMethod.active.desc(), PaymentMethod.position, PaymentMethod.id).limit(200)
    return list(session.scalars(query))


def _shared(session: Session) -> list[LoadedPlugin]:
    on = resellers.plugins_on(session, current_reseller_id())
    return [plugin for name, plugin in panel().registry.plugins.items() if name in on]


def _templates_of(row: PaymentMethod) -> list[Setting]:
    plugin = panel().registry.plugins.get(row.plugin)
    if plugin is None or plugin.provider is None:
        return []
    return [s for s in plugin.provider.settings if s.kind is SettingKind.LIQUID]


def _of_method(method_id: int, key: str) -> Template:
    with reading() as session:
        row = fetch(session, PaymentMethod, method_id)
        provider = panel().registry.provider(row.plugin)
        setting = next((s for s in _templates_of(row) if s.key == key), None)
        if setting is None:
            abort(404)
        place = method_place(session, row, setting)

    def log() -> list[Any]:
        with reading() as session:
            return log_of(session, "payment_method", method_id, "RUB", {s.key: s.label for s in provider.settings})

    return Template(
        setting=setting,
        provider=provider,
        place=place,
        methods=[row],
        name=row.name,
        endpoint="reseller.template",
        values={"method_id": method_id, "key": key},
        crumbs=[
            (_("Templates"), url_for("reseller.templates")),
            (row.name, url_for("reseller.method", method_id=method_id)),
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
        place, methods = owner_place(session, owner, setting), methods_of(session, name)
    return Template(
        setting=setting,
        provider=plugin.provider,
        place=place,
        methods=methods,
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
