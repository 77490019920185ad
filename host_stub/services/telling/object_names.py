"""What people call the objects of the log: a payment by its number, everything else by its name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, cast, or_, select
from sqlalchemy.orm import Session

from host_stub.persistence import (
    Account,
    Arrival,
    LogEntry,
    Payment,
    PaymentMethod,
    Plan,
    Reseller,
    Subscription,
    User,
)
from host_stub.persistence.listings import contains

#: kind of the log → the row and the column that people know it by
_KNOWN_BY: Final[Mapping[str, tuple[type[Any], Any]]] = {
    "payment": (Payment, Payment.number),
    "account": (Account, Account.name),
    "subscription": (Subscription, Subscription.name),
    "plan": (Plan, Plan.name),
    "payment_method": (PaymentMethod, PaymentMethod.name),
    "user": (User, User.name),
    "arrival": (Arrival, Arrival.key),
    "reseller": (Reseller, Reseller.name),
}


def names(session: Session, objects: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Return the names of (kind, id) pairs, one statement a kind; what is gone or has none is left out."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for kind, object_id in objects:
        wanted[kind].add(object_id)
    return {
        (kind, object_id): name
        for kind, ids in wanted.items()
        if kind in _KNOWN_BY
        for object_id, name in _read(session, kind, ids)
    }


def _read(session: Session, kind: str, ids: set[int]) -> Iterable[tuple[int, str]]:
    row, column = _KNOWN_BY[kind]
    return [
        (found.id, found.name) for found in session.execute(select(row.id, column.label("name")).where(row.id.in_(ids)))
    ]


def called(text: str) -> ColumnElement[bool]:
    """Return the condition that a line of the log is about a payment of this number, or a customer called so."""
    payments = select(Payment.id).where(cast(Payment.number, String) == text)
    accounts = select(Account.id).where(contains(text, Account.folded))
    return or_(
        and_(LogEntry.object_kind == "payment", LogEntry.object_id.in_(payments)),
        and_(LogEntry.object_kind == "account", LogEntry.object_id.in_(accounts)),
    )
