"""Money that has come, as managers see it: what was said, what was decided, what waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billhook import Money
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from host_stub import persistence as rows
from host_stub.domain.arrivals import CREDITS, Door, Kind, State
from host_stub.persistence.listings import Cursor, Listing, Search, contains, list_page
from host_stub.persistence.store import fetch
from host_stub.services.money_in import doubts
from host_stub.services.money_in.doubts import Coming, Doubt
from host_stub.services.reading import resellers, work_queue
from host_stub.services.reading.resellers import ResellerName


@dataclass(frozen=True, slots=True)
class Arrival:
    """Money that a door says has come. payment_id: the payment that was named, if there is one.

    waits: why a person has to look, empty if nobody has. seen: the number of the latest decision.
    """

    id: int
    reseller_id: int
    door: str
    origin: str
    key: str
    method_id: int | None
    payment_id: int | None
    amount: Money
    is_test: bool
    reference: str
    order_number: str
    order_date: date | None
    payer_inn: str
    payer_name: str
    day: date
    details: Mapping[str, Any]
    received_at: datetime
    received_by: str
    state: str
    waits: str
    seen: int
    credited: Money

    @property
    def is_open(self) -> bool:
        return self.state == State.OPEN

    @property
    def is_order(self) -> bool:
        return self.door == Door.ORDER

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.order_number if self.is_order else self.key

    @property
    def rest(self) -> Money:
        return self.amount - self.credited

    @property
    def plugin(self) -> str:
        return "" if self.is_order else self.origin.partition(":")[0]

    @property
    def merchant(self) -> str:
        return "" if self.is_order else self.origin.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. amount: moved by it, signed. by: an Actor, as text. is_reversed: its credit was taken back."""

    n: int
    kind: Kind
    amount: Money
    payment_id: int | None
    payment: str
    account_id: int | None
    account: str
    other_id: int | None
    other: str
    transaction_id: int | None
    reason: str
    words: str
    by: str
    at: datetime
    is_reversed: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came. reason: why it credited nothing, empty if it did."""

    reference: str
    amount: Money
    is_test: bool
    body: bytes
    reason: str
    deliveries: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """An arrival with everything that was decided about it, in order."""

    arrival: Arrival
    decisions: Sequence[Decision]

    @property
    def standing(self) -> Decision | None:
        """The latest credit that can be taken back."""
        standing = [each for each in self.decisions if each.kind in CREDITS and not each.is_reversed]
        return standing[-1] if standing else None


def of(row: rows.Arrival) -> Arrival:
    return Arrival(
        id=row.id,
        reseller_id=row.reseller_id,
        door=row.door,
        origin=row.origin,
        key=row.key,
        method_id=row.method_id,
        payment_id=row.payment_id,
        amount=Money(row.amount_minor, row.currency),
        is_test=row.is_test,
        reference=row.reference,
        order_number=row.order_number,
        order_date=row.order_date,
        payer_inn=row.payer_inn,
        payer_name=row.payer_name,
        day=row.day,
        details=dict(row.details or {}),
        received_at=row.received_at,
        received_by=row.received_by,
        state=row.state,
        waits=row.waits,
        seen=row.decisions,
        credited=Money(row.credited_minor, row.currency),
    )


def arrival(session: Session, arrival_id: int) -> Arrival:
    """Raises NotFound."""
    return of(fetch(session, rows.Arrival, arrival_id))


def known(session: Session, arrival_id: int) -> Arrival | None:
    """Return an arrival of the unit's scope, if there is one with this id."""
    row = session.scalars(select(rows.Arrival).where(rows.Arrival.id == arrival_id)).one_or_none()
    return of(row) if row is not None else None


def history(session: Session, arrival_id: int) -> History:
    """Raises NotFound."""
    found = arrival(session, arrival_id)
    return History(found, _decisions(session, {found.id: found})[found.id])


def messages(session: Session, arrival_id: int) -> list[Message]:
    """Return what was said of an arrival, as it came, the first first."""
    query = select(rows.ArrivalMessage).where(rows.ArrivalMessage.arrival_id == arrival_id)
    return [
        Message(
            reference=row.reference,
            amount=Money(row.amount_minor, row.currency),
            is_test=row.is_test,
            body=row.body,
            reason=row.reason,
            deliveries=row.deliveries,
            received_at=row.received_at,
        )
        for row in session.scalars(query.order_by(rows.ArrivalMessage.id))
    ]


def of_payment(session: Session, payment_id: int) -> list[History]:
    """Return the history of a payment's money, newest arrival first: what named it, and what was credited to it."""
    credited = select(rows.ArrivalDecision.arrival_id).where(rows.ArrivalDecision.payment_id == payment_id)
    query = select(rows.Arrival).where(or_(rows.Arrival.payment_id == payment_id, rows.Arrival.id.in_(credited)))
    found = [of(row) for row in session.scalars(query.order_by(rows.Arrival.id.desc()))]
    decisions = _decisions(session, {each.id: each for each in found})
    return [History(each, decisions[each.id]) for each in found]


def doubted(session: Session, found: Sequence[Doubt]) -> list[History]:
    """Return the arrivals that questions are about."""
    ids = [doubt.arrival_id for doubt in found if doubt.arrival_id is not None]
    return [history(session, arrival_id) for arrival_id in dict.fromkeys(ids)]


def suspects(session: Session, decisions: Sequence[Decision]) -> list[History]:
    """Return the arrivals that decisions name: the same money, or perhaps the same."""
    ids = [decision.other_id for decision in decisions if decision.other_id is not None]
    return [history(session, arrival_id) for arrival_id in dict.fromkeys(ids)]


def alike(session: Session, found: Arrival, account_id: int) -> list[History]:
    """Return the arrivals that stand already and may be the same money, if this one were the account's."""
    coming = Coming(
        found.reseller_id,
        Door(found.door),
        account_id,
        found.payment_id,
        found.amount,
        found.day,
        is_test=found.is_test,
        arrival_id=found.id,
    )
    return doubted(session, doubts.credited_already(session, coming))


def _decisions(session: Session, of_arrivals: Mapping[int, Arrival]) -> dict[int, list[Decision]]:
    undone, other = aliased(rows.LedgerTransaction), aliased(rows.Arrival)
    query = (
        select(rows.ArrivalDecision, rows.Payment.number, rows.Account.name, other, undone.id)
        .join(rows.Payment, rows.Payment.id == rows.ArrivalDecision.payment_id, isouter=True)
        .join(rows.Account, rows.Account.id == rows.ArrivalDecision.account_id, isouter=True)
        .join(other, other.id == rows.ArrivalDecision.other_id, isouter=True)
        .join(undone, undone.reverses_id == rows.ArrivalDecision.transaction_id, isouter=True)
        .where(rows.ArrivalDecision.arrival_id.in_(of_arrivals))
        .order_by(rows.ArrivalDecision.arrival_id, rows.ArrivalDecision.n)
    )
    found: dict[int, list[Decision]] = {arrival_id: [] for arrival_id in of_arrivals}
    for row, payment, account, twin, reversal in session.execute(query) if found else ():
        found[row.arrival_id].append(
            Decision(
                n=row.n,
                kind=Kind(row.kind),
                amount=Money(row.amount_minor, of_arrivals[row.arrival_id].amount.currency),
                payment_id=row.payment_id,
                payment=payment or "",
                account_id=row.account_id,
                account=account or "",
                other_id=row.other_id,
                other=of(twin).name if twin is not None else "",
                transaction_id=row.transaction_id,
                reason=row.reason,
                words=row.words,
                by=row.decided_by,
                at=row.at,
                is_reversed=reversal is not None,
            )
        )
    return found


def list_arrivals(session: Session, status: str, text: str, cursor: Cursor) -> Listing[tuple[Arrival, str]]:
    """Return a page of arrivals with the names of their methods, empty without one.

    status: empty for what waits, oldest first; `all`, `credited`, `closed`: newest first.
    """
    query = work_queue.waiting_arrivals() if not status else _in_state(status)
    found = list_page(session, query, rows.Arrival.id, cursor, oldest_first=not status, search=_search(text))
    names = _names_of_methods(session, [row.method_id for row in found.rows if row.method_id is not None])
    return found.of(lambda row: (of(row), names.get(row.method_id, "")))


def _in_state(status: str) -> Select[Any]:
    query = select(rows.Arrival)
    states = {"credited": (State.CREDITED,), "closed": (State.CLOSED, State.UNDONE)}.get(status)
    return query.where(rows.Arrival.state.in_(states)) if states else query


def _names_of_methods(session: Session, ids: Collection[int]) -> dict[int | None, str]:
    query = select(rows.PaymentMethod.id, rows.PaymentMethod.name).where(rows.PaymentMethod.id.in_(set(ids)))
    return dict(session.execute(query).all()) if ids else {}


def list_waiting_of_all(session: Session, text: str, cursor: Cursor) -> Listing[tuple[Arrival, ResellerName]]:
    """Return a page of what waits, of all resellers, oldest first."""
    query = work_queue.waiting_arrivals().join(rows.Reseller, rows.Reseller.id == rows.Arrival.reseller_id)
    found = list_page(
        session,
        query.add_columns(rows.Reseller),
        rows.Arrival.id,
        cursor,
        oldest_first=True,
        search=_search(text),
    )
    return found.of(lambda row: (of(row[0]), resellers.name_of(row[1])))


def _search(text: str) -> Search | None:
    return Search(contains(text, rows.Arrival.folded)) if text else None
