"""Payment methods: list, create, edit. Deactivated, never deleted."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue, Finding, MethodView, PaymentProvider, SettingKind, Severity
from flask import abort, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import CallbackRefusal, PaymentMethod
from host_stub.persistence.store import fetch
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services import methods, resellers
from host_stub.services.methods import MethodDraft, clean_description, method_view, secret_ages
from host_stub.services.views import reseller_view
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.method_forms import draft_of, method_form
from host_stub.web.reseller.room import log_of, plugin_title, reseller, show
from host_stub.web.settings_form import groups, take_findings

_ = Catalogue("host_stub")


@bp.get("/methods", endpoint="methods")
def methods_list() -> ResponseReturnValue:
    with reading() as session:
        rows = list(session.scalars(select(PaymentMethod).order_by(PaymentMethod.position, PaymentMethod.id)))
        on = resellers.plugins_on(session, current_reseller_id())
    return show(
        "reseller/methods.html", methods=rows, plugins_on=on, title_of=plugin_title, broken=panel().registry.broken
    )


@bp.get("/methods/new", endpoint="method_plugins")
def method_plugins() -> ResponseReturnValue:
    """Choose the plugin of a new method."""
    return show(
        "reseller/method_plugins.html", crumbs=[_crumb()], plugins=_usable_plugins(), title_of=plugin_title
    )  # fmt: skip


def _crumb() -> tuple[Any, str]:
    return _("Payment methods"), url_for("reseller.methods")


def _usable_plugins() -> list[PaymentProvider]:
    """Return the providers that are loaded and on for the reseller."""
    with reading() as session:
        on = resellers.plugins_on(session, current_reseller_id())
    return [p.provider for name, p in panel().registry.plugins.items() if p.provider is not None and name in on]


@bp.route("/methods/new/<plugin>", methods=["GET", "POST"], endpoint="method_new")
def method_new(plugin: str) -> ResponseReturnValue:
    provider = next((p for p in _usable_plugins() if p.name == plugin), None)
    if provider is None:
        abort(404)
    blank = PaymentMethod(id=0, reseller_id=current_reseller_id(), plugin=plugin, settings={}, secrets={}, name="")
    view = method_view(blank, provider, panel().keys, panel().store.now())
    with reading() as session:
        position = methods.next_position(session)
    form = method_form(
        provider,
        view.settings,
        [],
        reseller().currency,
        name=str(provider.title),
        active=True,
        position=position,
        account_types=[kind.value for kind in provider.capabilities.account_types],
    )
    return _edit(provider, form, None)


@bp.route("/methods/<int:method_id>", methods=["GET", "POST"], endpoint="method")
def method_edit(method_id: int) -> ResponseReturnValue:
    with reading() as session:
        row = fetch(session, PaymentMethod, method_id)
    try:
        provider = panel().registry.provider(row.plugin)
    except PluginUnavailable as error:
        return show("reseller/method_broken.html", crumbs=[_crumb()], method=row, why=error.why), 503
    view = method_view(row, provider, panel().keys, panel().store.now())
    form = method_form(
        provider,
        view.settings,
        [key for key, (is_set, _until) in secret_ages(row, panel().store.now()).items() if is_set],
        reseller().currency,
        name=row.name,
        active=row.active,
        position=row.position,
        description=row.description,
        account_types=row.account_types,
    )
    return _edit(provider, form, row)


def _edit(provider: PaymentProvider, form: Any, row: PaymentMethod | None) -> ResponseReturnValue:
    findings: list[Finding] = []
    status = 200
    if form.validate_on_submit():
        try:
            method_id = _save(provider, draft_of(form, provider), row)
        except InvalidSettings as error:
            findings, status = take_findings(form, error.findings), 422
        else:
            flash(str(_("Saved. The findings below are of the saved settings.")), "success")
            return redirect(url_for("reseller.method", method_id=method_id), 303)
    elif request.method == "POST":
        status = 422
    elif row is not None:
        findings = _doctor(provider, method_view(row, provider, panel().keys, panel().store.now()))
    return _page(provider, form, row, findings), status


def _save(provider: PaymentProvider, draft: MethodDraft, row: PaymentMethod | None) -> int:
    return methods.save_method(
        panel().store,
        scope(),
        draft,
        provider=provider,
        keys=panel().keys,
        doctor=lambda view: _doctor(provider, view),
        by=actor(),
        method_id=row.id if row else None,
        reseller_id=current_reseller_id(),
    )


def _doctor(provider: PaymentProvider, view: MethodView) -> list[Finding]:
    """Return the provider's findings; a provider that fails is a finding itself."""
    try:
        return panel().registry.call(provider.name, "check_settings", provider.check_settings, view)
    except PluginUnavailable as error:
        return [Finding(Severity.ERROR, _("The plugin could not check the settings."), error.why)]


def _page(provider: PaymentProvider, form: Any, row: PaymentMethod | None, findings: list[Finding]) -> str:
    now = panel().store.now()
    with reading() as session:
        on = resellers.plugins_on(session, current_reseller_id())
        log = (
            log_of(session, "payment_method", row.id, "RUB", {s.key: s.label for s in provider.settings}) if row else []
        )
        refusals = _refusals(session, row.id) if row else []
    description = row.description if row else ""
    return show(
        "reseller/method.html",
        crumbs=[_crumb()],
        provider=provider,
        method=row,
        form=form,
        groups=groups(form, provider.settings),
        findings=findings,
        plugin_on=provider.name in on,
        # Cleaned when saved; once more here, so that a row from elsewhere cannot carry a script either.
        description=Markup(clean_description(description)),  # noqa: S704
        addresses=_addresses(provider, row),
        secrets={key: until for key, (_set, until) in secret_ages(row, now).items() if until} if row else {},
        templates=[s for s in provider.settings if s.kind is SettingKind.LIQUID],
        seller=reseller_view(reseller()),
        refusals=refusals,
        log=log,
    )


def _refusals(session: Any, method_id: int) -> list[CallbackRefusal]:
    query = (
        select(CallbackRefusal)
        .where(CallbackRefusal.method_id == method_id)
        .order_by(CallbackRefusal.day.desc(), CallbackRefusal.id.desc())
        .limit(10)
    )
    return list(session.scalars(query))


def _addresses(provider: PaymentProvider, row: PaymentMethod | None) -> list[tuple[str, str]]:
    """Return the callback addresses by action, for pasting into the gateway's cabinet."""
    if row is None:
        return []
    root = f"{panel().config.base_url}/plugin/{provider.name}/method/{row.id}"
    return [(action.name, f"{root}/{action.name}") for action in provider.capabilities.actions]


@bp.post("/methods/<int:method_id>/active")
def method_active(method_id: int) -> ResponseReturnValue:
    on = request.form.get("on") == "yes"
    methods.set_active(panel().store, scope(), method_id, active=on, by=actor())
    flash(str(_("The method is offered to customers.") if on else _("The method is no longer offered.")), "success")
    return redirect(url_for("reseller.method", method_id=method_id), 303)


@bp.get("/methods/<int:method_id>/icon")
def method_icon(method_id: int) -> ResponseReturnValue:
    with reading() as session:
        row = fetch(session, PaymentMethod, method_id)
    return picture(row.icon, row.icon_type)


def picture(content: bytes | None, kind: str | None) -> ResponseReturnValue:
    """Answer with a stored picture, under the type that its bytes told when it was uploaded."""
    if not content or kind not in ("image/png", "image/jpeg", "image/webp"):
        abort(404)
    response = make_response(content)
    response.content_type = kind
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
