"""Documents: issued once by a POST, frozen, served as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from billhook import AccountType, DocumentFacts, DocumentSource, IssuesDocuments, PaymentView
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from host_stub.adapters.render.errors import StockNotDrawn
from host_stub.domain.actors import SYSTEM, Actor
from host_stub.domain.errors import MethodUnavailable, NotFound, ResellerClosed
from host_stub.domain.payments import OPEN
from host_stub.persistence import Account, Document, Payment, PaymentMethod, Reseller, Scope
from host_stub.persistence.store import fetch, now
from host_stub.persistence.types import Json
from host_stub.plugins import failures
from host_stub.plugins.desk import Desk, document_url
from host_stub.services.money_in import payments
from host_stub.services.money_in.capability import opens
from host_stub.services.money_in.methods import present_view
from host_stub.services.money_in.templates import digest
from host_stub.services.reading import methods
from host_stub.services.telling.journal import log
from host_stub.services.telling.views import payment_view
from host_stub.services.tenants.open_resellers import is_open, must_be_open

if TYPE_CHECKING:
    from host_stub.adapters.render import RenderedDocument

_log = structlog.get_logger("billhook.plugins")


def issued(session: Session, payment_id: int, method_id: int, kind: str) -> Document | None:
    """Return the newest version of a document, if it was issued."""
    query = (
        select(Document)
        .where(Document.payment_id == payment_id, Document.method_id == method_id, Document.kind == kind)
        .order_by(Document.version.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def issue(desk: Desk, scope: Scope, payment_id: int, method_id: int, kind: str, *, by: Actor) -> int:
    """Issue a document if it was not issued yet, and return its id. Twins agree on the first one.

    Raises NotFound, ResellerClosed, PaymentClosed, MethodUnavailable, PluginUnavailable, RendererBusy, RendererBroken.
    """
    with desk.store.read(scope) as session:
        payment, method = _pair(session, payment_id, method_id)
        done = issued(session, payment_id, method_id, kind)
        if done is not None:
            return done.id
        if not is_open(session, payment.reseller_id):
            raise ResellerClosed(payment.reseller_id)
        if payment.status not in OPEN:
            raise payments.closed(session, payment)
        account = fetch(session, Account, payment.account_id)
        if method_id not in {
            offered.id for offered in methods.offered(session, account.reseller_id, AccountType(account.type))
        }:
            raise MethodUnavailable(method_id, "not offered")
        subject = _subject(desk, session, payment, method, kind)
    source = _source(desk, subject)
    rendered = _drawn(desk, subject.method, source)
    try:
        return _freeze(desk, scope, subject, source, rendered, by)
    except IntegrityError:
        with desk.store.read(scope) as session:
            done = issued(session, payment_id, method_id, kind)
        if done is None:
            raise
        return done.id


def _pair(session: Session, payment_id: int, method_id: int) -> tuple[Payment, PaymentMethod]:
    payment, method = fetch(session, Payment, payment_id), fetch(session, PaymentMethod, method_id)
    if method.reseller_id != payment.reseller_id:
        raise NotFound("PaymentMethod", method_id)
    return payment, method


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a document is about, read in one unit; the provider is asked after it ended."""

    kind: str
    payment: PaymentView
    method: PaymentMethod
    facts: DocumentFacts


def _subject(desk: Desk, session: Session, payment: Payment, method: PaymentMethod, kind: str) -> _Subject:
    facts = _facts(desk, session, payment, method, kind, now(session), {})
    return _Subject(kind, payment_view(session, payment), method, facts)


def issued_facts(
    desk: Desk, session: Session, payment: Payment, method: PaymentMethod, kind: str
) -> DocumentFacts | None:
    """Return what was frozen when a document was issued, or None if it was not yet."""
    done = issued(session, payment.id, method.id, kind)
    if done is None:
        return None
    return _facts(desk, session, payment, method, kind, done.issued_at, done.frozen)


def _facts(
    desk: Desk,
    session: Session,
    payment: Payment,
    method: PaymentMethod,
    kind: str,
    at: datetime,
    frozen: Mapping[str, object],
) -> DocumentFacts:
    reseller = fetch(session, Reseller, payment.reseller_id)
    return DocumentFacts(
        number=payment.number,
        issued_on=at.astimezone(ZoneInfo(reseller.timezone)).date(),
        link=document_url(desk, payment, method, kind),
        frozen=dict(frozen),
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


def _freeze(
    desk: Desk, scope: Scope, subject: _Subject, source: DocumentSource, rendered: RenderedDocument, by: Actor
) -> int:
    payment_id = subject.payment.id
    with desk.store.write(scope) as session:
        must_be_open(session, fetch(session, Payment, payment_id).reseller_id)
        payment = fetch(session, Payment, payment_id, lock=True)
        if payment.status not in OPEN:
            raise payments.closed(session, payment)  # while the document was drawn
        document = _document(subject, source, rendered, now(session))
        session.add(document)
        session.flush()
        _tell(session, subject, source, rendered, by)
        return document.id


def _document(subject: _Subject, source: DocumentSource, rendered: RenderedDocument, at: datetime) -> Document:
    template = source.stock if rendered.used_stock else source.template
    return Document(
        reseller_id=subject.method.reseller_id,
        payment_id=subject.payment.id,
        method_id=subject.method.id,
        kind=subject.kind,
        version=1,
        issued_at=at,
        file_name=source.file_name,
        content=rendered.pdf,
        sha256=rendered.sha256,
        frozen=dict(source.frozen),
        template_sha256=digest(template),
        used_stock=rendered.used_stock,
    )


def _tell(session: Session, subject: _Subject, source: DocumentSource, rendered: RenderedDocument, by: Actor) -> None:
    """Log on the payment that a document was issued, and on its method that the reseller's template failed."""
    payment, method = subject.payment, subject.method
    frozen = digest(Json.text(dict(source.frozen)))
    issued_as = {"document": subject.kind, "sha256": rendered.sha256, "frozen": frozen}
    log(session, "payment", payment.id, "document.issued", reseller_id=method.reseller_id, by=by, **issued_as)
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


@dataclass(frozen=True, slots=True)
class PublicDocument:
    """What a capability opens: the frozen bytes, or, on a final payment, only that it is final (`content` None)."""

    content: bytes | None
    file_name: str
    reseller_id: int
    account_id: int
    payment_id: int
    issued_at: datetime | None


def open_public(desk: Desk, plugin: str, payment_id: int, method_id: int, kind: str, h: str) -> PublicDocument:
    """Return what a link shows. Raises NotFound for a wrong or foreign h, payment, method or plugin: all the same."""
    with desk.store.read() as session:
        payment = session.get(Payment, payment_id)
        method = session.get(PaymentMethod, method_id)
        # The comparison runs for missing rows too, so that they answer no faster than a wrong h.
        probe = payment or Payment(id=0, reseller_id=0, key_version=0)
        right = opens(desk.keys, probe, method_id, kind, h)
        document = issued(session, payment_id, method_id, kind)
        if (
            not right
            or payment is None
            or method is None
            or document is None
            or method.plugin != plugin
            or method.reseller_id != payment.reseller_id
        ):
            raise NotFound("Document", payment_id)
        return PublicDocument(
            content=document.content if payment.status in OPEN else None,
            file_name=document.file_name,
            reseller_id=payment.reseller_id,
            account_id=payment.account_id,
            payment_id=payment.id,
            issued_at=document.issued_at,
        )
