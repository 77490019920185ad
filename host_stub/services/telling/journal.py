"""Журнал: the append-only log in which every detail page ends."""

from __future__ import annotations

from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.persistence import LogEntry
from host_stub.persistence.store import now


def log(
    session: Session, kind: str, object_id: int, action: str, *, reseller_id: int, by: Actor, **details: object
) -> None:
    """Write a line about an object.

    kind: payment, account, subscription, plan, payment_method, user, reseller, arrival, plugin.
    action: code such as `payment.approved`; its sentence stands in the catalogue (`web/sentences.py`).
    details: JSON-able values that the sentence needs; never a secret.
    """
    session.add(
        LogEntry(
            reseller_id=reseller_id,
            object_kind=kind,
            object_id=object_id,
            at=now(session),
            actor=str(by),
            action=action,
            details=details,
        )
    )
