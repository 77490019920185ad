"""The ledger: every movement of money is posted here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from billhook import BalanceChanged
from billhook.money import MAX_MINOR
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.amounts import AmountProblem
from host_stub.domain.errors import InvalidAmount
from host_stub.persistence import Account, Entry, LedgerTransaction, Leg, Reseller
from host_stub.persistence.money import TRANSACTION_IDS
from host_stub.persistence.store import fetch, now
from host_stub.services.charges import watches
from host_stub.services.queues import events

#: A balance beyond this could not be compared with thresholds and prices any more.
MOST_MINOR: Final = MAX_MINOR // 2


class Kind(StrEnum):
    """What a movement is, for people."""

    CREDIT = "credit"  # a payment arrived
    CHARGE = "charge"
    CORRECTION = "correction"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement between an account and one system account.

    amount_minor: what the customer gets, signed, minor units of the reseller's currency.
    source, source_id: the once-only key, see `LedgerTransaction`.
    details: what a sentence about it needs, JSON-able.
    """

    source: str
    source_id: str
    kind: Kind
    amount_minor: int
    against: Leg
    by: Actor
    reason: str = ""
    method_id: int | None = None
    payment_id: int | None = None
    reverses_id: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)


def lock_account(session: Session, account_id: int) -> Account:
    """Return the account, locked until the unit ends. Raises NotFound."""
    account = fetch(session, Account, account_id, lock=True)
    reseller = session.identity_map.get(session.identity_key(Reseller, account.reseller_id))
    if reseller is not None:
        # Whoever closes the reseller locks its accounts: what was read of it before the lock may be outdated.
        session.refresh(reseller, ["closed_at", "catching_up"])
    return account


def find(session: Session, reseller_id: int, source: str, source_id: str) -> LedgerTransaction | None:
    """Return the movement with this once-only key, if it was posted."""
    query = select(LedgerTransaction).where(
        LedgerTransaction.reseller_id == reseller_id,
        LedgerTransaction.source == source,
        LedgerTransaction.source_id == source_id,
    )
    return session.scalars(query).one_or_none()


def fits(account: Account, amount_minor: int) -> bool:
    """Say whether a balance can take a change: beyond `MOST_MINOR` nothing could be reckoned with it."""
    return abs(account.balance_minor + amount_minor) <= MOST_MINOR


def post(session: Session, account: Account, movement: Movement) -> LedgerTransaction:
    """Post a movement on a locked account: legs, header, balance, watched levels, the event for plugins.

    Charges emit threshold crossings only; single movements also emit BalanceChanged.
    Raises InvalidAmount for a balance too large to reckon with, IntegrityError (SQLAlchemy) if the once-only key was
    used: by then the unit is lost, so look first.
    """
    before = account.balance_minor
    if not fits(account, movement.amount_minor):
        raise InvalidAmount(AmountProblem.TOO_LARGE, str(movement.amount_minor))
    account.balance_minor += movement.amount_minor
    account.event_sequence += 1
    header = _write(session, account, movement)
    watches.balance_moved(session, account, before)
    if movement.kind is not Kind.CHARGE:
        _announce(session, account, before, header)
    return header


def _write(session: Session, account: Account, movement: Movement) -> LedgerTransaction:
    at = now(session)
    currency = fetch(session, Reseller, account.reseller_id).currency
    header_id = _draw_id(session)
    common = {"reseller_id": account.reseller_id, "transaction_id": header_id, "currency": currency, "at": at}
    session.add_all(
        [
            Entry(
                **common,
                leg=Leg.CUSTOMER,
                account_id=account.id,
                amount_minor=movement.amount_minor,
                balance_after_minor=account.balance_minor,
                account_sequence=account.event_sequence,
            ),
            Entry(**common, leg=movement.against, method_id=movement.method_id, amount_minor=-movement.amount_minor),
        ]
    )
    session.flush()  # legs before the header: its trigger checks that they balance
    header = LedgerTransaction(
        id=header_id,
        reseller_id=account.reseller_id,
        source=movement.source,
        source_id=movement.source_id,
        kind=movement.kind,
        reason=movement.reason,
        details=dict(movement.details),
        payment_id=movement.payment_id,
        reverses_id=movement.reverses_id,
        actor=str(movement.by),
        at=at,
    )
    session.add(header)
    session.flush()
    return header


def _draw_id(session: Session) -> int:
    if session.get_bind().dialect.name == "postgresql":
        return int(session.execute(select(TRANSACTION_IDS.next_value())).scalar_one())
    # SQLite: the unit holds the only write lock, so the highest id cannot move.
    return int(session.execute(text("select coalesce(max(id), 0) + 1 from ledger_transaction")).scalar_one())


def _announce(session: Session, account: Account, before: int, header: LedgerTransaction) -> None:
    event = BalanceChanged(
        reseller_id=account.reseller_id,
        account_id=account.id,
        before_minor=before,
        after_minor=account.balance_minor,
        transaction_id=header.id,
        at=header.at,
    )
    events.tell(session, account, event)


def reverse(
    session: Session, account: Account, header: LedgerTransaction, *, reason: str, by: Actor
) -> LedgerTransaction:
    """Post the opposite of a movement. A movement is reversed at most once (database constraint)."""
    legs = {e.leg: e for e in session.scalars(select(Entry).where(Entry.transaction_id == header.id))}
    customer = legs.pop(Leg.CUSTOMER)
    ((against, other),) = legs.items()
    return post(
        session,
        account,
        Movement(
            source="reversal",
            source_id=str(header.id),
            kind=Kind.REVERSAL,
            amount_minor=-customer.amount_minor,
            against=Leg(against),
            method_id=other.method_id,
            payment_id=header.payment_id,
            reverses_id=header.id,
            reason=reason,
            by=by,
            details=dict(header.details),
        ),
    )
