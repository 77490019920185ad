"""Documents: issued once by a POST, frozen, served as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import structlog
from billhook import (
    AccountType,
    Catalogue,
    DocumentFacts,
    DocumentSource,
    IssuesDocuments,
    LazyText,
    PaymentView,
    SellerView,
)
from billhook.i18n import LANGUAGES
from billhook.settings import Text
from sqlalchemy.orm import Session

from host_stub.adapters.render.errors import StockNotDrawn
from host_stub.domain.actors import SYSTEM, Actor
from host_stub.domain.errors import MethodUnavailable, NotFound, ResellerClosed
from host_stub.domain.payments import OPEN
from host_stub.persistence import Account, Document, Payment, PaymentMethod, Scope
from host_stub.persistence.store import fetch, now
from host_stub.persistence.types import Json
from host_stub.plugins import failures
from host_stub.plugins.desk import Desk, document_url
from host_stub.services.money_in import payments, versions
from host_stub.services.money_in.methods import present_view, seller_of
from host_stub.services.money_in.templates import digest
from host_stub.services.reading import methods
from host_stub.services.telling.journal import log
from host_stub.services.telling.views import payment_view
from host_stub.services.tenants.days import today
from host_stub.services.tenants.open_resellers import is_open, must_be_open
from host_stub.services.tenants.seller_views import Stamp, stamp

if TYPE_CHECKING:
    from host_stub.adapters.render import RenderedDocument

_ = Catalogue("host_stub")
_log = structlog.get_logger("billhook.plugins")
#: Requisites that change while a document is drawn are drawn anew; nobody changes them this often.
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Replacement:
    """document_id: the version that the manager saw and wants replaced. reason: why, for the log and the staff."""

    document_id: int
    reason: str


def issue(desk: Desk, scope: Scope, payment_id: int, method_id: int, kind: str, *, by: Actor) -> int:
    """Issue a document if there is none that counts, and return its id. Twins agree on the first one.

    Raises NotFound, ResellerClosed, PaymentClosed, MethodUnavailable, PluginUnavailable, RendererBusy, RendererBroken.
    """
    return _issued(desk, scope, _Wish(payment_id, method_id, kind, by))


def reissue(desk: Desk, scope: Scope, payment_id: int, replacement: Replacement, *, by: Actor) -> int:
    """Issue the document anew as its next version, with what holds now, and return its id.

    Raises what `issue` raises; NoLongerCounts if somebody replaced or withdrew that version before.
    """
    with desk.store.read(scope) as session:
        former = versions.of_payment(session, payment_id, replacement.document_id)
        wish = _Wish(payment_id, former.method_id, former.kind, by, replacement)
    return _issued(desk, scope, wish)


@dataclass(frozen=True, slots=True)
class _Wish:
    payment_id: int
    method_id: int
    kind: str
    by: Actor
    replacement: Replacement | None = None

    @property
    def named(self) -> tuple[int, int, str]:
        return self.payment_id, self.method_id, self.kind


def _issued(desk: Desk, scope: Scope, wish: _Wish) -> int:
    for _try in range(_TRIES):
        with desk.store.read(scope) as session:
            done = _done(session, wish)
            if done is not None:
                return done
            subject = _to_issue(desk, session, wish)
        source = _source(desk, subject)
        rendered = _drawn(desk, subject.method, source)
        document_id = _freeze(desk, scope, wish, _Drawn(subject, source, rendered))
        if document_id is not None:
            return document_id
    raise MethodUnavailable(wish.method_id, _("The requisites are being changed. Try again in a minute."))


def _done(session: Session, wish: _Wish) -> int | None:
    """Return the id of the version that counts, where that is what is wished for. Raises NoLongerCounts."""
    if wish.replacement is not None:
        former = versions.of_payment(session, wish.payment_id, wish.replacement.document_id)
        versions.must_count(session, former)
        return None
    found = versions.issued(session, *wish.named)
    return found.id if found is not None else None


def _to_issue(desk: Desk, session: Session, wish: _Wish) -> _Subject:
    payment, method = _pair(session, wish.payment_id, wish.method_id)
    if not is_open(session, payment.reseller_id):
        raise ResellerClosed(payment.reseller_id)
    if payment.status not in OPEN:
        raise payments.closed(session, payment)
    account = fetch(session, Account, payment.account_id)
    if method.id not in {
        offered.id for offered in methods.offered(session, account.reseller_id, AccountType(account.type))
    }:
        raise MethodUnavailable(method.id, "not offered")
    subject = _subject(desk, session, payment, method, wish.kind)
    if subject.seller is not None and not (
        subject.seller.is_complete and subject.seller.tax_on(subject.facts.issued_on)
    ):
        raise MethodUnavailable(method.id, _("The seller's requisites, bank account or tax regime are not entered."))
    return subject


def _pair(session: Session, payment_id: int, method_id: int) -> tuple[Payment, PaymentMethod]:
    payment, method = fetch(session, Payment, payment_id), fetch(session, PaymentMethod, method_id)
    if method.reseller_id != payment.reseller_id:
        raise NotFound("PaymentMethod", method_id)
    return payment, method


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a document is about, read in one unit; the provider is asked after it ended."""

    kind: str
    version: int
    payment: PaymentView
    method: PaymentMethod
    facts: DocumentFacts
    seller: SellerView | None

    @property
    def stamp(self) -> Stamp:
        return stamp(self.seller, self.facts.issued_on)


def _subject(desk: Desk, session: Session, payment: Payment, method: PaymentMethod, kind: str) -> _Subject:
    last = versions.newest(session, payment.id, method.id, kind)
    version = last.version + 1 if last is not None else 1
    day = today(session, payment.reseller_id)
    facts = _facts(desk, payment, method, _Version(kind, version, day, {}))
    seller = seller_of(session, method, desk.registry.provider(method.plugin))
    return _Subject(kind, version, payment_view(session, payment), method, facts, seller)


@dataclass(frozen=True, slots=True)
class _Version:
    kind: str
    number: int
    issued_on: date
    frozen: Mapping[str, object]


def issued_facts(
    desk: Desk, session: Session, payment: Payment, method: PaymentMethod, kind: str
) -> DocumentFacts | None:
    """Return what was frozen when the version that counts was issued, or None if there is none."""
    done = versions.issued(session, payment.id, method.id, kind)
    if done is None:
        return None
    return _facts(desk, payment, method, _Version(kind, done.version, done.issued_on, done.frozen))


def current_url(desk: Desk, session: Session, payment: Payment, method: PaymentMethod, kind: str) -> str:
    """Return the public address of the version that counts, or of the one that would be issued next."""
    last = versions.newest(session, payment.id, method.id, kind)
    number = 1 if last is None else last.version + (last.withdrawn_at is not None)
    return document_url(desk, payment, method, kind, number)


def _facts(desk: Desk, payment: Payment, method: PaymentMethod, version: _Version) -> DocumentFacts:
    return DocumentFacts(
        number=payment.number,
        issued_on=version.issued_on,
        link=document_url(desk, payment, method, version.kind, version.number),
        frozen=dict(version.frozen),
    )


def _source(desk: Desk, subject: _Subject) -> DocumentSource:
    method = subject.method
    provider = desk.registry.provider(method.plugin)
    if not isinstance(provider, IssuesDocuments) or subject.kind not in {kind.name for kind in provider.documents}:
        raise MethodUnavailable(method.id, "no such document")
    view = present_view(desk.store, method, provider, desk.keys)
    return desk.registry.ask(view, "document", provider.document, subject.kind, subject.payment, view, subject.facts)


def _drawn(desk: Desk, method: PaymentMethod, source: DocumentSource) -> RenderedDocument:
    """Draw a document. A stock template that fails is the plugin's failure. Raises RendererBusy, RendererBroken."""
    return _contained(desk, method, lambda: desk.renderer.render(source))


def _contained(desk: Desk, method: PaymentMethod, draw: Callable[[], RenderedDocument]) -> RenderedDocument:
    try:
        return draw()
    except StockNotDrawn as error:
        _log.error("document not drawn", plugin=method.plugin, method=method.id, why=str(error))
        failures.record(desk.store, method.plugin, "document", str(error))
        raise


@dataclass(frozen=True, slots=True)
class _Drawn:
    subject: _Subject
    source: DocumentSource
    rendered: RenderedDocument


def _freeze(desk: Desk, scope: Scope, wish: _Wish, drawn: _Drawn) -> int | None:
    """Keep what was drawn and return its id, or that of a twin; None if the seller changed while it was drawn."""
    subject = drawn.subject
    with desk.store.write(scope) as session:
        must_be_open(session, subject.method.reseller_id)  # and keeps the seller as it is
        payment = fetch(session, Payment, wish.payment_id, lock=True)
        if payment.status not in OPEN:
            raise payments.closed(session, payment)  # while the document was drawn
        done = _done(session, wish)
        if done is not None:
            return done
        seller = seller_of(session, subject.method, desk.registry.provider(subject.method.plugin))
        last = versions.newest(session, *wish.named)
        if stamp(seller, subject.facts.issued_on) != subject.stamp or (last.version if last else 0) >= subject.version:
            return None
        document = _document(drawn, wish, now(session))
        session.add(document)
        session.flush()
        _tell(session, drawn, wish)
        return document.id


def _document(drawn: _Drawn, wish: _Wish, at: datetime) -> Document:
    subject, source, rendered = drawn.subject, drawn.source, drawn.rendered
    template = source.stock if rendered.used_stock else source.template
    return Document(
        reseller_id=subject.method.reseller_id,
        payment_id=subject.payment.id,
        method_id=subject.method.id,
        kind=subject.kind,
        version=subject.version,
        issued_at=at,
        issued_on=subject.facts.issued_on,
        file_name=source.file_name,
        content=rendered.pdf,
        sha256=rendered.sha256,
        frozen=dict(source.frozen),
        stated=_stated(source),
        seller=dict(subject.stamp.said),
        seller_sha256=subject.stamp.sha256,
        reason=wish.replacement.reason if wish.replacement else "",
        template_sha256=digest(template),
        used_stock=rendered.used_stock,
    )


def _stated(source: DocumentSource) -> list[list[object]]:
    """Return what the paper states, by what that is called in each language: labels may change with the plugin."""
    return [[{each: _in_language(label, each) for each in LANGUAGES}, value] for label, value in source.stated.items()]


def _in_language(label: Text, language: str) -> str:
    return label.in_language(language) if isinstance(label, LazyText) else label


def _tell(session: Session, drawn: _Drawn, wish: _Wish) -> None:
    """Log on the payment that a document was issued, and on its method that the reseller's template failed."""
    source, rendered = drawn.source, drawn.rendered
    payment, method = drawn.subject.payment, drawn.subject.method
    frozen = digest(Json.text(dict(source.frozen)))
    issued_as: dict[str, object] = {"document": wish.kind, "sha256": rendered.sha256, "frozen": frozen}
    action = "document.issued"
    if wish.replacement is not None:
        action = "document.reissued"
        issued_as |= {"version": drawn.subject.version, "reason": wish.replacement.reason}
    log(session, "payment", payment.id, action, reseller_id=method.reseller_id, by=wish.by, **issued_as)
    if rendered.used_stock:
        failed = {"problem": rendered.problem or "", "payment": payment.number, "template": digest(source.template)}
        action = "method.template_failed"
        log(session, "payment_method", method.id, action, reseller_id=method.reseller_id, by=SYSTEM, **failed)


def source_of(desk: Desk, scope: Scope, payment_id: int, method_id: int, kind: str) -> DocumentSource:
    """Return a document before it is drawn, whatever the payment's status: for looking at templates and placeholders.

    Raises NotFound, MethodUnavailable, ProviderError, PluginUnavailable.
    """
    return _source(desk, _subject_of(desk, scope, payment_id, method_id, kind))


def _subject_of(desk: Desk, scope: Scope, payment_id: int, method_id: int, kind: str) -> _Subject:
    with desk.store.read(scope) as session:
        payment, method = _pair(session, payment_id, method_id)
        return _subject(desk, session, payment, method, kind)


def preview(desk: Desk, scope: Scope, payment_id: int, method_id: int, kind: str, *, template: str) -> RenderedDocument:
    """Draw a document of a real payment with an unsaved template; nothing is stored.

    The result says in `problem` why the template failed, and then shows the stock one; else what the paper lacks.
    Raises NotFound, PluginUnavailable, RendererBusy, RendererBroken.
    """
    subject = _subject_of(desk, scope, payment_id, method_id, kind)
    source = _source(desk, subject)
    tried = replace(source, template=template or source.stock)
    return _contained(desk, subject.method, lambda: desk.renderer.prove(tried))
