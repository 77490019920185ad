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
    SellerView,
    SettingKind,
    TakesReturns,
)
from billhook.host.reading import callbacks_of
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from host_stub.domain.errors import InvalidSettings
from host_stub.plugins import settings_doctor
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.money_in.methods import (
    MethodDraft,
    check,
    clean_description,
    kept_above,
    next_position,
    place_of,
    save_method,
    secret_ages,
    seller_of,
    set_active,
)
from host_stub.services.reading import methods, resellers, sellers
from host_stub.services.reading.methods import Method, Record
from host_stub.services.reading.sellers import BankAccount
from host_stub.services.settings import setting_levels
from host_stub.services.settings.setting_levels import Kept, Standing
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.panel import panel, plugins, reading, scope
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
        found = methods.all_in_order(session)
        on = resellers.plugins_on(session, current_reseller_id())
    return show(
        "reseller/methods.html",
        methods=found,
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
    blank = methods.blank(current_reseller_id(), plugin)
    with reading() as session:
        position = next_position(session)
        visit = _Visit(
            provider,
            blank,
            kept_above(session, blank, provider, whole=True),
            seller_of(session, blank, provider),
        )
        accounts = _accounts(session, provider)
    form = method_form(
        provider,
        visit.standings,
        reseller().currency,
        accounts,
        name=str(provider.title),
        active=True,
        position=position,
        account_types=[kind.value for kind in provider.account_types],
    )
    return _edit(visit, form)


def _accounts(session: Session, provider: PaymentProvider) -> list[BankAccount]:
    """Return the bank accounts to choose from, none for a provider whose papers name none."""
    return sellers.bank_accounts(session, current_reseller_id()) if provider.requisites else []


@dataclass(frozen=True)
class _Visit:
    """A method on its page. above: what it may inherit. seller: who sells by it, None where nobody asks."""

    provider: PaymentProvider
    record: Record
    above: Kept
    seller: SellerView | None

    @property
    def is_new(self) -> bool:
        return not self.record.id

    @cached_property
    def standings(self) -> dict[str, Standing]:
        kept = place_of(self.record, self.above).kept
        return {s.key: setting_levels.standing(s, kept, Level.METHOD, panel().keys) for s in self.provider.settings}

    def findings(self) -> list[Finding]:
        """Return what the doctor finds in what is saved, inherited values with it."""
        at, keys = panel().store.now(), panel().keys
        panel().store.end_page()  # its validators are the plugin's code
        return check(
            self.record, self.provider, keys, at, self.above, lambda view: _doctor(self.provider, view), self.seller
        )

    def secrets(self) -> dict[str, list[datetime]]:
        return secret_ages(self.record, self.provider, panel().store.now(), self.above)


@bp.route("/methods/<int:method_id>", methods=["GET", "POST"], endpoint="method")
def method_edit(method_id: int) -> ResponseReturnValue:
    with reading() as session:
        record = methods.record(session, method_id)
        shown = record.shown
        try:
            provider = panel().registry.provider(shown.plugin)
        except PluginUnavailable as error:
            return show("reseller/method_broken.html", crumbs=[_crumb()], method=shown, why=error.why), 503
        visit = _Visit(
            provider,
            record,
            kept_above(session, record, provider, whole=True),
            seller_of(session, record, provider),
        )
        accounts = _accounts(session, provider)
        chosen = sellers.account_of_method(session, method_id) if accounts else None
    form = method_form(
        provider,
        visit.standings,
        reseller().currency,
        accounts,
        bank_account=str(chosen or ""),
        name=shown.name,
        active=shown.active,
        position=shown.position,
        description=shown.description,
        account_types=shown.account_types,
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
    return save_method(
        panel().store,
        scope(),
        draft,
        provider=visit.provider,
        keys=panel().keys,
        doctor=lambda view: _doctor(visit.provider, view),
        by=actor(),
        method_id=None if visit.is_new else visit.record.id,
        reseller_id=current_reseller_id(),
    )


def _doctor(provider: PaymentProvider, view: MethodView) -> list[Finding]:
    return settings_doctor.ask(plugins(), provider, view)


def _page(visit: _Visit, form: Any, findings: list[Finding]) -> str:
    provider, shown = visit.provider, None if visit.is_new else visit.record.shown
    labels = {setting.key: setting.label for setting in provider.settings}
    with reading() as session:
        on = resellers.plugins_on(session, current_reseller_id())
        log = log_of(session, "payment_method", shown.id, "RUB", labels) if shown else []
        refusals = methods.refusals(session, shown.id, 10) if shown else []
        seller = resellers.view(session, current_reseller_id())
    description = shown.description if shown else ""
    return show(
        "reseller/method.html",
        crumbs=[_crumb()],
        provider=provider,
        method=shown,
        form=form,
        groups=groups(form, visit.standings, visit.secrets()),
        findings=settings_doctor.named(findings, provider.settings),
        plugin_on=provider.name in on,
        shared=any(plugin.name == provider.name for plugin in plugins_to_set(taking_payments=True)),
        # Cleaned when saved; once more here, so that a row from elsewhere cannot carry a script either.
        description=Markup(clean_description(description)),  # noqa: S704
        addresses=_addresses(provider, shown),
        templates=[s for s in provider.settings if s.kind is SettingKind.LIQUID],
        seller=seller,
        incomplete=visit.seller is not None and not visit.seller.is_complete,
        refusals=refusals,
        log=log,
    )


def _addresses(provider: PaymentProvider, method: Method | None) -> list[tuple[str, LazyText, str]]:
    """Return name, label and address of each callback action, for pasting into the gateway's cabinet."""
    if method is None:
        return []
    root = f"{panel().config.base_url}/plugin/{provider.name}/method/{method.id}"
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
    set_active(panel().store, scope(), method_id, active=on, by=actor())
    flash(str(_("The method is offered to customers.") if on else _("The method is no longer offered.")), "success")
    return redirect(url_for("reseller.method", method_id=method_id), 303)


@bp.get("/methods/<int:method_id>/icon")
def method_icon(method_id: int) -> ResponseReturnValue:
    with reading() as session:
        icon = methods.icon(session, method_id)
    # Under the type that its bytes told when it was uploaded.
    if icon is None or icon.content_type not in ("image/png", "image/jpeg", "image/webp"):
        abort(404)
    return stored_file(icon.content, icon.content_type)
