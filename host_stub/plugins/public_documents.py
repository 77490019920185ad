"""What the public link of a document shows: its frozen bytes, or why they are not shown any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from host_stub.domain.errors import NotFound
from host_stub.domain.payments import OPEN
from host_stub.persistence import Document, Payment, PaymentMethod
from host_stub.plugins.desk import Desk, document_url
from host_stub.services.money_in import versions
from host_stub.services.money_in.capability import opens


class Standing(StrEnum):
    """How a version stands that a link names."""

    COUNTS = "counts"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    FINAL = "final"  # the payment is


@dataclass(frozen=True, slots=True)
class PublicDocument:
    """What a capability opens. content: the frozen bytes where the version counts, else empty.

    newer_url: the link of the version that took its place, empty where there is none that counts.
    """

    standing: Standing
    content: bytes
    file_name: str
    reseller_id: int
    account_id: int
    payment_id: int
    issued_at: datetime
    newer_url: str = ""


def open_public(desk: Desk, plugin: str, payment_id: int, method_id: int, kind: str, h: str) -> PublicDocument:
    """Return what a link shows. Raises NotFound for a wrong or foreign h, payment, method or plugin: all the same."""
    with desk.store.read() as session:
        payment = session.get(Payment, payment_id)
        method = session.get(PaymentMethod, method_id)
        last = versions.newest(session, payment_id, method_id, kind)
        # The comparison runs for missing rows too, so that they answer no faster than a wrong h.
        probe = payment or Payment(id=0, reseller_id=0, key_version=0)
        count = last.version if last is not None else 1
        named = [number for number in range(1, count + 1) if opens(desk.keys, probe, method_id, kind, h, number)]
        if (
            not named
            or payment is None
            or method is None
            or last is None
            or method.plugin != plugin
            or method.reseller_id != payment.reseller_id
        ):
            raise NotFound("Document", payment_id)
        document = last if named == [last.version] else versions.numbered(session, last, named[0])
        standing = _standing(payment, document, last)
        is_replaced = standing is Standing.REPLACED and last.withdrawn_at is None
        return PublicDocument(
            standing=standing,
            content=document.content if standing is Standing.COUNTS else b"",
            file_name=document.file_name,
            reseller_id=payment.reseller_id,
            account_id=payment.account_id,
            payment_id=payment.id,
            issued_at=document.issued_at,
            newer_url=document_url(desk, payment, method, kind, last.version) if is_replaced else "",
        )


def _standing(payment: Payment, document: Document, last: Document) -> Standing:
    if payment.status not in OPEN:
        return Standing.FINAL
    if document.withdrawn_at is not None:
        return Standing.WITHDRAWN
    return Standing.COUNTS if document.id == last.id else Standing.REPLACED
