"""Issued documents as pages show them: without their bytes, until one is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from host_stub import persistence as rows
from host_stub.domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A version. method_name: as it is now; it may be switched off since. used_stock: the reseller's template failed.

    stated: what it states for people, [labels by language, value]. seller: what it says of the seller. seller_sha256:
    tells whether that still holds. reason: why it took the former version's place. counts: nothing took its own, and it
    was not withdrawn.
    """

    id: int
    payment_id: int
    method_id: int
    method_name: str
    plugin: str
    kind: str
    version: int
    file_name: str
    issued_at: datetime
    used_stock: bool
    stated: Sequence[tuple[Mapping[str, str], str]]
    seller: Mapping[str, Any]
    seller_sha256: str
    reason: str
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_reason: str
    counts: bool


@dataclass(frozen=True, slots=True)
class IssuedDocuments:
    """Documents of several payments, the version of each kind that counts."""

    by_payment: dict[int, list[IssuedDocument]] = field(default_factory=dict)

    def of(self, payment_id: int) -> list[IssuedDocument]:
        return self.by_payment.get(payment_id, [])

    def find(self, payment_id: int, method_id: int, kind: str) -> IssuedDocument | None:
        return next((d for d in self.of(payment_id) if (d.method_id, d.kind) == (method_id, kind)), None)


def issued(session: Session, payment_ids: Sequence[int]) -> IssuedDocuments:
    """Return what was issued for these payments, in one query and without the bytes."""
    found: dict[int, dict[tuple[int, str], IssuedDocument]] = {}
    for document in _all(session, payment_ids):
        if document.counts:
            found.setdefault(document.payment_id, {})[(document.method_id, document.kind)] = document
    return IssuedDocuments({payment_id: list(kinds.values()) for payment_id, kinds in found.items()})


def of_payment(session: Session, payment_id: int) -> list[IssuedDocument]:
    """Return every version of every document of a payment, newest first."""
    return sorted(_all(session, [payment_id]), key=lambda document: document.id, reverse=True)


def _all(session: Session, payment_ids: Sequence[int]) -> list[IssuedDocument]:
    found = session.execute(_issued(payment_ids)).all() if payment_ids else []
    newest = {(row.payment_id, row.method_id, row.kind): row.version for row, _method in found}
    return [
        IssuedDocument(
            id=row.id,
            payment_id=row.payment_id,
            method_id=row.method_id,
            method_name=method.name,
            plugin=method.plugin,
            kind=row.kind,
            version=row.version,
            file_name=row.file_name,
            issued_at=row.issued_at,
            used_stock=row.used_stock,
            stated=[(names, value) for names, value in row.stated],
            seller=row.seller,
            seller_sha256=row.seller_sha256,
            reason=row.reason,
            withdrawn_at=row.withdrawn_at,
            withdrawn_by=row.withdrawn_by,
            withdrawn_reason=row.withdrawn_reason,
            counts=row.withdrawn_at is None and newest[row.payment_id, row.method_id, row.kind] == row.version,
        )
        for row, method in found
    ]


def _issued(payment_ids: Sequence[int]) -> Select[rows.Document, rows.PaymentMethod]:
    return (
        select(rows.Document, rows.PaymentMethod)
        .join(rows.PaymentMethod, rows.PaymentMethod.id == rows.Document.method_id)
        .where(rows.Document.payment_id.in_(payment_ids))
        .order_by(rows.Document.version, rows.Document.id)
        .options(defer(rows.Document.content), defer(rows.PaymentMethod.icon))
    )


@dataclass(frozen=True, slots=True)
class Paper:
    """The frozen bytes of a document, a PDF. counts: it was neither replaced nor withdrawn."""

    content: bytes
    file_name: str
    counts: bool


def paper(session: Session, payment_id: int, document_id: int) -> Paper:
    """Return an issued document of a payment. Raises NotFound, also for another payment's."""
    query = select(rows.Document.content, rows.Document.file_name).where(
        rows.Document.id == document_id, rows.Document.payment_id == payment_id
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("Document", document_id)
    counts = any(each.counts for each in _all(session, [payment_id]) if each.id == document_id)
    return Paper(*found, counts)
