"""The template room: a Liquid text edited on the left, a real payment's document on the right, for any level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from billhook import Catalogue, DocumentSource, Level, PaymentProvider, ProviderError, Setting
from billhook.settings import Text
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField, TextAreaField
from wtforms.validators import Length

from host_stub.domain.errors import MethodUnavailable
from host_stub.persistence import Account, Payment, PaymentMethod
from host_stub.plugins import documents
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services import setting_levels
from host_stub.services.setting_changes import Place
from host_stub.services.templates import inherited_text
from host_stub.web import security
from host_stub.web.page import LogEntry
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller.payments import pdf
from host_stub.web.reseller.room import desk, show
from host_stub.web.routing import row_number

_ = Catalogue("host_stub")

#: Payments looked at for a preview, the newest first, and how many are offered.
LOOKED_AT, SAMPLES = 40, 8
LONGEST: Final = 200_000

#: By the level that a template comes from, how its state is called. None: the plugin's own.
STATES: Final[Mapping[Level | None, Text]] = {
    Level.OPERATOR: _("the operator's"),
    Level.RESELLER: _("for all methods"),
    Level.METHOD: _("your own"),
    None: _("stock"),
}


class TemplateForm(FlaskForm):
    source = TextAreaField(_("Template"), validators=[Length(max=LONGEST)], render_kw={"rows": 30})
    payment_id = SelectField(_("Look at it on payment"), coerce=int, validate_choice=False)


@dataclass(frozen=True)
class Template:
    """A template at one level.

    methods: those whose documents are drawn with it. endpoint: of its page; that of preview and restoring add a word.
    crumbs: label and address of what lies above the page.
    save: keeps a text, and gives the own one up for an empty one.
    """

    setting: Setting
    provider: PaymentProvider
    place: Place
    methods: Sequence[PaymentMethod]
    name: Text
    endpoint: str
    values: Mapping[str, Any]
    crumbs: Sequence[tuple[Text, str]]
    save: Callable[[str], None]
    log: Callable[[], list[LogEntry]]

    @property
    def url(self) -> str:
        return url_for(self.endpoint, **self.values)

    @property
    def preview_url(self) -> str:
        return url_for(f"{self.endpoint}_preview", **self.values)

    @property
    def restore_url(self) -> str:
        return url_for(f"{self.endpoint}_restore", **self.values)

    @property
    def source(self) -> str:
        return str(setting_levels.value(self.setting, self.place.kept))

    @property
    def inherited(self) -> str:
        return inherited_text(self.setting, self.place)

    @property
    def is_own(self) -> bool:
        return setting_levels.has(self.setting, self.place.kept, self.place.level)

    @property
    def state(self) -> Text:
        return _("your own") if self.is_own else STATES[setting_levels.find(self.setting, self.place.kept)[1]]

    @property
    def has_template_above(self) -> bool:
        return setting_levels.find(self.setting, self.place.above)[1] is not None


@dataclass(frozen=True, slots=True)
class _Sample:
    """A payment whose document is drawn with this template."""

    payment: Payment
    account: Account
    method_id: int
    kind: str
    source: DocumentSource


def _samples(template: Template) -> Iterator[_Sample]:
    """Yield recent payments whose document uses the template, newest first; which one it uses the provider says."""
    resellers = {method.reseller_id for method in template.methods}
    with reading() as session:
        query = (
            select(Payment, Account)
            .join(Account, Account.id == Payment.account_id)
            .where(Payment.reseller_id.in_(resellers))
            .order_by(Payment.id.desc())
            .limit(LOOKED_AT)
        )
        rows = [(payment, account) for payment, account in session.execute(query)]
    for payment, account in rows:
        method = next((m for m in template.methods if _takes(m, account)), None)
        if method is not None:
            yield from _of_payment(template, payment, account, method)


def _takes(method: PaymentMethod, account: Account) -> bool:
    return method.reseller_id == account.reseller_id and account.type in method.account_types


def _of_payment(template: Template, payment: Payment, account: Account, method: PaymentMethod) -> Iterator[_Sample]:
    for kind in template.provider.capabilities.documents:
        try:
            source = documents.source_of(desk(), scope(), payment.id, method.id, kind.name)
        except (PluginUnavailable, ProviderError, MethodUnavailable):
            continue
        if source.stock == template.setting.stock:
            yield _Sample(payment, account, method.id, kind.name, source)


def edit(template: Template) -> ResponseReturnValue:
    """Source left, PDF right; what does not compile is not saved."""
    form = TemplateForm(source=template.source)
    samples = list(islice(_samples(template), SAMPLES))
    form.payment_id.choices = [(s.payment.id, f"{s.payment.number} · {s.account.name}") for s in samples]
    if form.validate_on_submit():
        problem = panel().renderer.check(form.source.data or "") if (form.source.data or "").strip() else None
        if problem is None:
            template.save(form.source.data or "")
            flash(str(_("Saved. New documents are drawn with it; issued ones stay as they are.")), "success")
            return redirect(template.url, 303)
        form.source.errors = [_("The template was not saved: {problem}", problem=problem)]
    page = show(
        "reseller/template.html",
        crumbs=template.crumbs,
        edited=template,
        form=form,
        placeholders=list(_placeholders(_shown(samples, form).source.context)) if samples else [],
        log=template.log(),
    )
    return page, 422 if form.errors else 200


def _shown(samples: list[_Sample], form: TemplateForm) -> _Sample:
    chosen = row_number(request.args.get("payment")) or form.payment_id.data
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


def preview(template: Template) -> ResponseReturnValue:
    """The document of a real payment as the unsaved text would draw it. Nothing is stored."""
    from host_stub.adapters.render import RendererBroken, RendererBusy

    security.allow_framing_by_us()
    source, payment_id = request.form.get("source", ""), row_number(request.form.get("payment_id"))
    sample = next((s for s in _samples(template) if payment_id in (None, s.payment.id)), None)
    if sample is None or len(source) > LONGEST:
        return _framed(_("There is no payment yet to look at the template on."))
    try:
        drawn = documents.preview(
            desk(), scope(), sample.payment.id, sample.method_id, sample.kind, template=source or template.inherited
        )
    except (RendererBusy, RendererBroken, PluginUnavailable):
        return _framed(_("The preview could not be drawn. Try again in a minute."))
    if drawn.problem:
        return _framed(drawn.problem)
    return pdf(drawn.pdf, sample.source.file_name)


def _framed(text: object) -> Response:
    return make_response(render_template("reseller/preview_problem.html", text=text), 200)


def restore(template: Template) -> ResponseReturnValue:
    """Give the own template up."""
    template.save("")
    above = template.has_template_above
    flash(str(_("The inherited template is back.") if above else _("The stock template is back.")), "success")
    return redirect(template.url, 303)
