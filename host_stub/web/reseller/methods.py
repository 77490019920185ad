"""Payment methods: list, create, edit. Deactivated, never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from billhook import (
    AnswersQuestions,
    Catalogue,
    Finding,
    LazyText,
    Level,
    MethodView,
    PaymentProvider,
    SettingKind,
    TakesReturns,
)
from billhook.host.reading import callbacks_of
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import CallbackRefusal, PaymentMethod
from host_stub.persistence.store import fetch
from host_stub.plugins import settings_doctor
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.money_in import methods
from host_stub.services.money_in.methods import MethodDraft, clean_description
from host_stub.services.settings import setting_levels
from host_stub.services.settings.setting_levels import Kept, Standing
from host_stub.services.telling.views import reseller_view
from host_stub.services.tenants import resellers
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.method_forms import draft_of, method_form
from host_stub.web.reseller.plugin_settings import plugins_to_set
from host_stub.web.settings_form import groups, take_findings
from host_stub.web.staff.room import log_of, plugin_title, reseller, show
from host_stub.web.stored_files import stored_file

_ = Catalogue("host_stub")


@bp.get("/methods", endpoint="methods")
def methods_list() -> ResponseReturnValue:
    with reading() as session:
        rows = list(session.scalars(select(PaymentMethod).order_by(PaymentMethod.position, PaymentMethod.id)))
        on = resellers.plugins_on(session, current_reseller_id())
    return show(
        "reseller/methods.html",
        methods=rows,
        plugins_on=on,
        title_of=plugin_title,
        broken=panel().registry.broken,
        shared=plugins_to_set(taking_payments=True),
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
    with reading() as session:
        position = methods.next_position(session)
        visit = _Visit(provider, blank, methods.kept_above(session, blank, provider, whole=True), is_new=True)
    form = method_form(
        provider,
        visit.standings,
        reseller().currency,
        name=str(provider.title),
        active=True,
        position=position,
        account_types=[kind.value for kind in provider.account_types],
    )
    return _edit(visit, form)


@dataclass(frozen=True)
class _Visit:
    """A method on its page. above: what it may inherit."""

    provider: PaymentProvider
    row: PaymentMethod
    above: Kept
    is_new: bool = False

    @cached_property
    def standings(self) -> dict[str, Standing]:
        kept = methods.place_of(self.row, self.above).kept
        return {s.key: setting_levels.standing(s, kept, Level.METHOD, panel().keys) for s in self.provider.settings}

    def findings(self) -> list[Finding]:
        """Return what the doctor finds in what is saved, inherited values with it."""
        at, keys = panel().store.now(), panel().keys
        return methods.check(self.row, self.provider, keys, at, self.above, lambda view: _doctor(self.provider, view))

    def secrets(self) -> dict[str, list[datetime]]:
        return methods.secret_ages(self.row, self.provider, panel().store.now(), self.above)


@bp.route("/methods/<int:method_id>", methods=["GET", "POST"], endpoint="method")
def method_edit(method_id: int) -> ResponseReturnValue:
    with reading() as session:
        row = fetch(session, PaymentMethod, method_id)
        try:
            provider = panel().registry.provider(row.plugin)
        except PluginUnavailable as error:
            return show("reseller/method_broken.html", crumbs=[_crumb()], method=row, why=error.why), 503
        visit = _Visit(provider, row, methods.kept_above(session, row, provider, whole=True))
    form = method_form(
        provider,
        visit.standings,
        reseller().currency,
        name=row.name,
        active=row.active,
        position=row.position,
        description=row.description,
        account_types=row.account_types,
    )
    return _edit(visit, form)


def _edit(visit: _Visit, form: Any) -> ResponseReturnValue:
    findings: list[Finding] = []
    status = 200
    if form.validate_on_submit():
        try:
            method_id = _save(visit, draft_of(form, visit.standings))
        except InvalidSettings as error:
            findings, status = take_findings(form, error.findings), 422
        else:
            flash(str(_("Saved. The findings below are of the saved settings.")), "success")
            return redirect(url_for("reseller.method", method_id=method_id), 303)
    elif request.method == "POST":
        status = 422
    elif not visit.is_new:
        findings = visit.findings()
    return _page(visit, form, findings), status


def _save(visit: _Visit, draft: MethodDraft) -> int:
    return methods.save_method(
        panel().store,
        scope(),
        draft,
        provider=visit.provider,
        keys=panel().keys,
        doctor=lambda view: _doctor(visit.provider, view),
        by=actor(),
        method_id=None if visit.is_new else visit.row.id,
        reseller_id=current_reseller_id(),
    )


def _doctor(provider: PaymentProvider, view: MethodView) -> list[Finding]:
    return settings_doctor.ask(panel().registry, provider, view)


def _page(visit: _Visit, form: Any, findings: list[Finding]) -> str:
    provider, row = visit.provider, None if visit.is_new else visit.row
    labels = {setting.key: setting.label for setting in provider.settings}
    with reading() as session:
        on = resellers.plugins_on(session, current_reseller_id())
        log = log_of(session, "payment_method", row.id, "RUB", labels) if row else []
        refusals = _refusals(session, row.id) if row else []
    description = row.description if row else ""
    return show(
        "reseller/method.html",
        crumbs=[_crumb()],
        provider=provider,
        method=row,
        form=form,
        groups=groups(form, visit.standings, visit.secrets()),
        findings=settings_doctor.named(findings, provider.settings),
        plugin_on=provider.name in on,
        shared=any(plugin.name == provider.name for plugin in plugins_to_set(taking_payments=True)),
        # Cleaned when saved; once more here, so that a row from elsewhere cannot carry a script either.
        description=Markup(clean_description(description)),  # noqa: S704
        addresses=_addresses(provider, row),
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


def _addresses(provider: PaymentProvider, row: PaymentMethod | None) -> list[tuple[str, LazyText, str]]:
    """Return name, label and address of each callback action, for pasting into the gateway's cabinet."""
    if row is None:
        return []
    root = f"{panel().config.base_url}/plugin/{provider.name}/method/{row.id}"
    return [(name, _label(name, hears), f"{root}/{name}") for name, hears in callbacks_of(provider).items()]


def _label(name: str, hears: type) -> LazyText:
    if hears is AnswersQuestions:
        return _("Question before the payment: {name}", name=name)
    if hears is TakesReturns:
        return _("Return of the payer: {name}", name=name)
    return _("Notification of the payment: {name}", name=name)


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
    return stored_file(content, kind)
