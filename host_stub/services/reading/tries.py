"""Tries of a payment as pages show them: what was begun with which method, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.services.money_in.tries import TryState


@dataclass(frozen=True, slots=True)
class Said:
    """What the gateway says of an act of paying that brought no money.

    pending: it is under way, else it came to nothing. reason: as the gateway says it, may be empty. until: when it is
    over by itself, None if unknown.
    """

    pending: bool
    reason: str
    amount: Money | None
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """reference: what the gateway was given as our number; external_reference: its own, empty if it gave none. error:
    what the last call ended with, in words for a manager."""

    method_id: int
    method: str
    amount: Money
    is_test: bool
    state: TryState
    reference: str
    external_reference: str
    error: str
    said: Sequence[Said]
    created_at: datetime


def of_payment(session: Session, payment_id: int) -> list[Try]:
    """Return the tries of a payment, newest first."""
    query = (
        select(rows.GatewayOperation, rows.PaymentMethod.name, rows.GatewayReport)
        .join(rows.PaymentMethod, rows.PaymentMethod.id == rows.GatewayOperation.method_id)
        .join(rows.GatewayReport, rows.GatewayReport.operation_id == rows.GatewayOperation.id, isouter=True)
        .where(rows.GatewayOperation.payment_id == payment_id)
        .order_by(rows.GatewayOperation.id.desc(), rows.GatewayReport.at.desc())
    )
    found: dict[int, tuple[rows.GatewayOperation, str, list[rows.GatewayReport]]] = {}
    for row, name, said in session.execute(query):
        found.setdefault(row.id, (row, name, []))[2].extend([said] if said is not None else [])
    return [_try(*each) for each in found.values()]


def _try(row: rows.GatewayOperation, name: str, said: Sequence[rows.GatewayReport]) -> Try:
    return Try(
        method_id=row.method_id,
        method=name,
        amount=Money(row.amount_minor, row.currency),
        is_test=row.is_test,
        state=TryState(row.state),
        reference=row.reference,
        external_reference=row.external_reference,
        error=row.error,
        said=[
            Said(
                pending=each.word == "pending",
                reason=each.reason,
                amount=Money(each.amount_minor, row.currency) if each.amount_minor is not None else None,
                until=each.until,
                at=each.at,
            )
            for each in said
        ],
        created_at=row.created_at,
    )


def pending(tries: Sequence[Try], at: datetime) -> tuple[Try, Said] | None:
    """Return the act of paying that is under way at that instant, with its try; the newest of several."""
    for begun in tries:
        for said in begun.said:
            if said.pending and (said.until is None or said.until > at):
                return begun, said
    return None
