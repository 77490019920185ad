"""The template room: a Liquid text edited on the left, a real payment's document on the right, for any level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from billhook import Catalogue, DocumentSource, LazyText, Level, PaymentProvider, ProviderError, Setting
from billhook.host.reading import documents_of
from billhook.settings import Text
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import Length

from host_stub.domain.errors import MethodUnavailable
from host_stub.plugins import documents
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.money_in.templates import digest, inherited_text
from host_stub.services.reading import payments
from host_stub.services.reading.accounts import Account
from host_stub.services.reading.methods import Method
from host_stub.services.reading.payments import Payment
from host_stub.services.settings import setting_levels
from host_stub.services.settings.setting_changes import Place
from host_stub.web import security
from host_stub.web.page import LogEntry
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm
from host_stub.web.routing import row_number
from host_stub.web.staff.room import show
from host_stub.web.stored_files import paper

if TYPE_CHECKING:
    from host_stub.adapters.render import RenderedDocument

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


class TemplateForm(PanelForm):
    """anyway: the text that was found doubtful, by its digest; another text is looked at anew."""

    source = TextAreaField(_("Template"), validators=[Length(max=LONGEST)], render_kw={"rows": 30})
    payment_id = SelectField(_("Look at it on payment"), coerce=int, validate_choice=False)
    anyway = HiddenField()


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
    methods: Sequence[Method]
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

    def source(self) -> DocumentSource:
        return documents.source_of(panel().desk, scope(), self.payment.id, self.method_id, self.kind)


def _samples(template: Template) -> list[_Sample]:
    """Return recent payments whose document uses the template, newest first; which one it uses the provider says.

    It is asked once for each type of customer, not for each payment: it builds a whole document, with its pictures.
    """
    uses: dict[tuple[int, str, str], bool] = {}
    found: list[_Sample] = []
    for sample in _candidates(template):
        key = (sample.method_id, str(sample.account.type), sample.kind)
        if key not in uses:
            uses[key] = _uses(template, sample)
        if uses[key]:
            found.append(sample)
    return found[:SAMPLES]


def _candidates(template: Template) -> Iterator[_Sample]:
    resellers = {method.reseller_id for method in template.methods}
    with reading() as session:
        found = payments.latest(session, resellers, LOOKED_AT)
    for payment, account in found:
        method = next((m for m in template.methods if _takes(m, account)), None)
        for kind in documents_of(template.provider) if method else ():
            yield _Sample(payment, account, method.id if method else 0, kind.name)


def _takes(method: Method, account: Account) -> bool:
    return method.reseller_id == account.reseller_id and account.type in method.account_types


def _uses(template: Template, sample: _Sample) -> bool:
    try:
        return sample.source().stock == template.setting.stock
    except (PluginUnavailable, ProviderError, MethodUnavailable):
        return False


def edit(template: Template) -> ResponseReturnValue:
    """Source left, PDF right. What cannot be read is not saved; what is doubtful is saved when that is said twice."""
    form = TemplateForm(source=template.source)
    samples = _samples(template)
    form.payment_id.choices = [(s.payment.id, f"{s.payment.number} · {s.account.name}") for s in samples]
    doubts: list[Text] = []
    if form.validate_on_submit():
        text = form.source.data or ""
        problem = panel().renderer.check(text) if text.strip() else None
        doubts = [] if problem or form.anyway.data == digest(text) else _doubts(template, text, samples, form)
        if problem is None and not doubts:
            template.save(text)
            flash(str(_saved(bool(samples) or not text.strip())), "success")
            return redirect(template.url, 303)
        if problem is not None:
            form.source.errors = [_("The template was not saved: {problem}", problem=problem)]
        form.anyway.data = digest(text)
    page = show(
        "reseller/template.html",
        crumbs=template.crumbs,
        edited=template,
        form=form,
        doubts=doubts,
        placeholders=_placeholders_of(samples, form),
        log=template.log(),
    )
    return page, 422 if form.errors or doubts else 200


def _saved(looked_at: bool) -> LazyText:
    if looked_at:
        return _("Saved. New documents are drawn with it; issued ones stay as they are.")
    return _("Saved, but never drawn: there is no payment yet to try it on.")


def _doubts(template: Template, text: str, samples: list[_Sample], form: TemplateForm) -> list[Text]:
    """Draw the chosen payment with an unsaved text and return what is wrong with the paper."""
    if not text.strip() or not samples or text.strip() == template.inherited.strip():
        return []
    drawn = _draw(_shown(samples, form), text)
    return [_undrawn()] if drawn is None else doubts_of(drawn)


def _draw(sample: _Sample, text: str) -> RenderedDocument | None:
    """Return a sample's document, or None where nothing could be drawn just now."""
    from host_stub.adapters.render import RendererBroken, RendererBusy

    try:
        return documents.preview(panel().desk, scope(), sample.payment.id, sample.method_id, sample.kind, template=text)
    except (RendererBusy, RendererBroken, PluginUnavailable, ProviderError, MethodUnavailable):
        return None


def _undrawn() -> Text:
    return _("The preview could not be drawn. Try again in a minute.")


def doubts_of(drawn: RenderedDocument) -> list[Text]:
    """Return what is wrong with a drawn paper, in sentences; the worst first."""
    found: list[Text] = []
    if drawn.problem:
        return [_("The stock template would be used instead. {problem}", problem=drawn.problem)]
    if drawn.missing:
        found.append(_("Cannot be read on the paper: {facts}.", facts=", ".join(drawn.missing)))
    if drawn.unknown:
        found.append(_("Nothing is known by the name: {names}.", names=", ".join(drawn.unknown)))
    if drawn.lost:
        found.append(_("The paper's faces lack these signs: {signs}.", signs=" ".join(drawn.lost)))
    return found


def _shown(samples: list[_Sample], form: TemplateForm) -> _Sample:
    chosen = row_number(request.args.get("payment")) or form.payment_id.data
    return next((s for s in samples if s.payment.id == chosen), samples[0])


def _placeholders_of(samples: list[_Sample], form: TemplateForm) -> list[tuple[str, str]]:
    return list(_placeholders(_shown(samples, form).source().context)) if samples else []


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
    """The document of a real payment as the unsaved text would draw it. Nothing is stored.

    A paper that lacks something stands below the words that say so: `despite` asks for it alone.
    """
    security.allow_framing_by_us()
    text, payment_id = request.form.get("source", ""), row_number(request.form.get("payment_id"))
    sample = next((s for s in _samples(template) if payment_id in (None, s.payment.id)), None)
    if sample is None or len(text) > LONGEST:
        return _framed([_("There is no payment yet to look at the template on.")])
    drawn = _draw(sample, text or template.inherited)
    if drawn is None:
        return _framed([_undrawn()])
    doubts = doubts_of(drawn)
    if drawn.problem:
        return _framed(doubts)
    if doubts and not request.form.get("despite"):
        return _framed(doubts, url=template.preview_url, text=text, payment_id=sample.payment.id)
    return paper(drawn.pdf, sample.source().file_name)


def _framed(doubts: list[Text], **below: object) -> Response:
    return make_response(render_template("reseller/preview_problem.html", doubts=doubts, **{"url": "", **below}), 200)


def restore(template: Template) -> ResponseReturnValue:
    """Give the own template up."""
    template.save("")
    above = template.has_template_above
    flash(str(_("The inherited template is back.") if above else _("The stock template is back.")), "success")
    return redirect(template.url, 303)
