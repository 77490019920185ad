"""Receipt templates: edited as text, looked at on a real payment before they are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from billhook import Catalogue, DocumentSource, PaymentProvider, ProviderError, Setting, SettingKind
from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField, TextAreaField
from wtforms.validators import Length

from host_stub.domain.errors import MethodUnavailable
from host_stub.persistence import Account, Payment, PaymentMethod
from host_stub.persistence.store import fetch
from host_stub.plugins import documents
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.templates import save_template
from host_stub.web import security
from host_stub.web.access import actor
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.payments import pdf
from host_stub.web.reseller.room import desk, log_of, show

_ = Catalogue("host_stub")

#: Payments looked at for a preview, the newest first, and how many are offered.
LOOKED_AT, SAMPLES = 40, 8


@bp.get("/templates", endpoint="templates")
def templates_list() -> ResponseReturnValue:
    """Every template of every method."""
    with reading() as session:
        rows = list(session.scalars(select(PaymentMethod).order_by(PaymentMethod.position, PaymentMethod.id)))
    found = [(row, setting) for row in rows for setting in _templates_of(row)]
    return show("reseller/templates.html", found=found)


def _templates_of(row: PaymentMethod) -> list[Setting]:
    plugin = panel().registry.plugins.get(row.plugin)
    if plugin is None or plugin.provider is None:
        return []
    return [s for s in plugin.provider.settings if s.kind is SettingKind.LIQUID]


class TemplateForm(FlaskForm):
    source = TextAreaField(_("Template"), validators=[Length(max=200_000)], render_kw={"rows": 30})
    payment_id = SelectField(_("Look at it on payment"), coerce=int, validate_choice=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """A template: of which method, which setting."""

    method: PaymentMethod
    provider: PaymentProvider
    setting: Setting

    @property
    def url(self) -> dict[str, Any]:
        return {"method_id": self.method.id, "key": self.setting.key}

    @property
    def source(self) -> str:
        return str((self.method.settings or {}).get(self.setting.key) or self.setting.stock)


def _place(method_id: int, key: str) -> _Place:
    with reading() as session:
        row = fetch(session, PaymentMethod, method_id)
    provider = panel().registry.provider(row.plugin)
    setting = next((s for s in _templates_of(row) if s.key == key), None)
    if setting is None:
        abort(404)
    return _Place(row, provider, setting)


@dataclass(frozen=True, slots=True)
class _Sample:
    """A payment whose document is drawn with this template."""

    payment: Payment
    account: Account
    kind: str
    source: DocumentSource


def _samples(place: _Place) -> Iterator[_Sample]:
    """Yield recent payments whose document uses the template, newest first; which one it uses the provider says."""
    with reading() as session:
        query = (
            select(Payment, Account)
            .join(Account, Account.id == Payment.account_id)
            .where(Account.type.in_(place.method.account_types))
            .order_by(Payment.id.desc())
            .limit(LOOKED_AT)
        )
        rows = [(payment, account) for payment, account in session.execute(query)]
    for payment, account in rows:
        for kind in place.provider.capabilities.documents:
            try:
                source = documents.source_of(desk(), scope(), payment.id, place.method.id, kind.name)
            except (PluginUnavailable, ProviderError, MethodUnavailable):
                continue
            if source.stock == place.setting.stock:
                yield _Sample(payment, account, kind.name, source)


@bp.route("/templates/<int:method_id>/<key>", methods=["GET", "POST"], endpoint="template")
def template_edit(method_id: int, key: str) -> ResponseReturnValue:
    """Source left, PDF right; what does not compile is not saved."""
    place = _place(method_id, key)
    form = TemplateForm(source=place.source)
    samples = list(islice(_samples(place), SAMPLES))
    form.payment_id.choices = [(s.payment.id, f"{s.payment.number} · {s.account.name}") for s in samples]
    if form.validate_on_submit():
        problem = panel().renderer.check(form.source.data or "") if (form.source.data or "").strip() else None
        if problem is None:
            save_template(panel().store, scope(), method_id, place.setting, form.source.data or "", by=actor())
            flash(str(_("Saved. New documents are drawn with it; issued ones stay as they are.")), "success")
            return redirect(url_for("reseller.template", **place.url), 303)
        form.source.errors = [_("The template was not saved: {problem}", problem=problem)]
    with reading() as session:
        log = log_of(session, "payment_method", method_id, "RUB", _labels(place))
    page = show(
        "reseller/template.html",
        crumbs=[
            (_("Templates"), url_for("reseller.templates")),
            (place.method.name, url_for("reseller.method", method_id=method_id)),
        ],
        place=place,
        form=form,
        is_stock=place.source == place.setting.stock,
        values=list(_placeholders(_shown(samples, form).source.context)) if samples else [],
        log=log,
    )
    return page, 422 if form.errors else 200


def _labels(place: _Place) -> dict[str, Any]:
    return {s.key: s.label for s in place.provider.settings}


def _shown(samples: list[_Sample], form: TemplateForm) -> _Sample:
    chosen = request.args.get("payment", type=int) or form.payment_id.data
    return next((s for s in samples if s.payment.id == chosen), samples[0])


def _placeholders(context: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every placeholder with its present value, nested ones by their full name."""
    for name, value in context.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and depth < 4:
            yield from _placeholders(value, f"{path}.", depth + 1)
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping) and depth < 4:
            yield from _placeholders(value[0], f"{path}[0].", depth + 1)
        else:
            yield path, _short(value)


def _short(value: object) -> str:
    text = str(value) if isinstance(value, str | int | Decimal) else repr(value) if value else ""
    return text if len(text) <= 120 else text[:119] + "…"


@bp.post("/templates/<int:method_id>/<key>/preview")
def template_preview(method_id: int, key: str) -> ResponseReturnValue:
    """The document of a real payment as the unsaved text would draw it. Nothing is stored."""
    from host_stub.adapters.render import RendererBroken, RendererBusy

    security.allow_framing_by_us()
    place = _place(method_id, key)
    source, payment_id = request.form.get("source", ""), request.form.get("payment_id", type=int)
    sample = next((s for s in _samples(place) if payment_id in (None, s.payment.id)), None)
    if sample is None or len(source) > 200_000:
        return _framed(_("There is no payment yet to look at the template on."))
    try:
        drawn = documents.preview(desk(), scope(), sample.payment.id, method_id, sample.kind, template=source)
    except (RendererBusy, RendererBroken, PluginUnavailable):
        return _framed(_("The preview could not be drawn. Try again in a minute."))
    if drawn.problem:
        return _framed(drawn.problem)
    return pdf(drawn.pdf, sample.source.file_name)


def _framed(text: object) -> Response:
    return make_response(render_template("reseller/preview_problem.html", text=text), 200)


@bp.post("/templates/<int:method_id>/<key>/restore")
def template_restore(method_id: int, key: str) -> ResponseReturnValue:
    place = _place(method_id, key)
    save_template(panel().store, scope(), method_id, place.setting, "", by=actor())
    flash(str(_("The stock template is back.")), "success")
    return redirect(url_for("reseller.template", **place.url), 303)
