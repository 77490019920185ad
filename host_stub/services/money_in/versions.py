"""Versions of an issued document: which one counts, and how it ceases to."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import NotFound, RefusedError
from host_stub.domain.payments import OPEN
from host_stub.persistence import Document, Payment, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.money_in import payments
from host_stub.services.telling.journal import log


class NoLongerCounts(RefusedError):
    """Somebody replaced or withdrew this version before. withdrawn: which of the two."""

    def __init__(self, document_id: int, *, withdrawn: bool) -> None:
        super().__init__(f"document {document_id} no longer counts")
        self.withdrawn = withdrawn


def newest(session: Session, payment_id: int, method_id: int, kind: str) -> Document | None:
    """Return the newest version of a document, whether it counts or was withdrawn."""
    query = (
        select(Document)
        .where(Document.payment_id == payment_id, Document.method_id == method_id, Document.kind == kind)
        .order_by(Document.version.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def numbered(session: Session, other: Document, version: int) -> Document:
    """Return another version of the same document. Raises NotFound."""
    same = (Document.payment_id == other.payment_id, Document.method_id == other.method_id, Document.kind == other.kind)
    found = session.scalars(select(Document).where(*same, Document.version == version)).one_or_none()
    if found is None:
        raise NotFound("Document", other.payment_id)
    return found


def issued(session: Session, payment_id: int, method_id: int, kind: str) -> Document | None:
    """Return the version that counts; None if none was issued, or the newest was withdrawn."""
    found = newest(session, payment_id, method_id, kind)
    return found if found is not None and found.withdrawn_at is None else None


def must_count(session: Session, document: Document) -> None:
    """Raise NoLongerCounts unless this version counts."""
    last = newest(session, document.payment_id, document.method_id, document.kind)
    if last is None or last.id != document.id or document.withdrawn_at is not None:
        raise NoLongerCounts(document.id, withdrawn=document.withdrawn_at is not None)


def withdraw(store: Store, scope: Scope, payment_id: int, document_id: int, *, reason: str, by: Actor) -> None:
    """Withdraw the version that counts, of an open payment: its link says so, and a new one can be issued.

    Its bytes stay for the staff. Raises NotFound, PaymentClosed, NoLongerCounts.
    """
    with store.write(scope) as session:
        payment = fetch(session, Payment, payment_id, lock=True)
        document = of_payment(session, payment_id, document_id)
        if payment.status not in OPEN:
            raise payments.closed(session, payment)
        must_count(session, document)
        document.withdrawn_at, document.withdrawn_by, document.withdrawn_reason = now(session), str(by), reason
        said = {
            "document": document.kind,
            "method_id": document.method_id,
            "version": document.version,
            "reason": reason,
        }
        log(session, "payment", payment_id, "document.withdrawn", reseller_id=payment.reseller_id, by=by, **said)


def of_payment(session: Session, payment_id: int, document_id: int) -> Document:
    """Return a document of a payment. Raises NotFound, also for another payment's."""
    document = fetch(session, Document, document_id)
    if document.payment_id != payment_id:
        raise NotFound("Document", document_id)
    return document
