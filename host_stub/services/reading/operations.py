"""Operations: what moved an account's balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.persistence.listings import PAGE, Cursor, Key, Listing, list_page


@dataclass(frozen=True, slots=True)
class Operation:
    """A movement of an account's balance.

    amount: signed, positive = the customer's money. balance_after: of the account, after this movement.
    kind: ledger.Kind; details, reason: as its author left them. payment_id: the payment behind it, if one is.
    by: an Actor, as text.
    """

    sequence: int
    at: datetime
    kind: str
    amount: Money
    balance_after: Money
    reason: str
    details: dict[str, Any]
    payment_id: int | None
    by: str


def list_operations(session: Session, account_id: int, cursor: Cursor, *, limit: int = PAGE) -> Listing[Operation]:
    """Return a page of every movement of an account, newest first, by the account's own sequence."""
    query: Any = (
        select(rows.Entry, rows.LedgerTransaction)
        .join(rows.LedgerTransaction, rows.LedgerTransaction.id == rows.Entry.transaction_id)
        .where(rows.Entry.account_id == account_id)
    )
    # The column may be empty on other legs, never on a customer's.
    key = cast(Key, rows.Entry.account_sequence)
    return list_page(session, query, key, cursor, limit=limit).of(lambda found: _operation(*found))


def _operation(entry: rows.Entry, header: rows.LedgerTransaction) -> Operation:
    return Operation(
        sequence=entry.account_sequence or 0,
        at=entry.at,
        kind=header.kind,
        amount=Money(entry.amount_minor, entry.currency),
        balance_after=Money(entry.balance_after_minor or 0, entry.currency),
        reason=header.reason,
        details=dict(header.details or {}),
        payment_id=header.payment_id,
        by=header.actor,
    )
