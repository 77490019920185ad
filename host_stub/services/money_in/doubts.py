"""Before money is credited: was it credited already, through this door or another? Asked where it will be credited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from billhook import Money
from sqlalchemy import ColumnElement, Select, exists, false, or_, select
from sqlalchemy.orm import Session, aliased

from host_stub.domain.arrivals import CREDITS, DAYS_APART, Door, far_from_bill
from host_stub.domain.errors import RefusedError
from host_stub.domain.requisites import may_be_one_name
from host_stub.persistence import Arrival, ArrivalDecision, GatewayOperation, LedgerTransaction, Payment
from host_stub.services.money_in.tries import TryState

_UNDONE: Final = aliased(LedgerTransaction)


class Why(StrEnum):
    """Why a person is asked before money is credited."""

    SAME_PAYMENT = "same_payment"  # money for this payment stands already
    SAME_ORDER = "same_order"  # number and date of the payment order
    SAME_SUM = "same_sum"  # of the same customer, through another door, about the same day
    MAY_BE_PAID = "may_be_paid"  # the payment was started at a gateway, which may still take the money
    FAR_FROM_BILL = "far_from_bill"  # the sum is far above the bill


@dataclass(frozen=True, slots=True)
class Doubt:
    """arrival_id: of the money that stands. method_id: of the gateway that may still be paid."""

    why: Why
    arrival_id: int | None = None
    method_id: int | None = None

    @property
    def token(self) -> str:
        """How the answer to this very question comes back."""
        return f"{self.why}:{self.arrival_id or self.method_id or 0}"


#: The tokens of the questions that a person has said yes to; True: to whatever there is to ask.
Answered = Collection[str] | bool


def unanswered(doubts: Sequence[Doubt], anyway: Answered) -> list[Doubt]:
    """Return what is still to be asked: what arose since somebody answered is a new question."""
    if isinstance(anyway, bool):
        return [] if anyway else list(doubts)
    return list(doubts) if any(doubt.token not in anyway for doubt in doubts) else []


class Doubtful(RefusedError):
    """A question before a credit; nothing was changed."""

    def __init__(self, doubts: Sequence[Doubt]) -> None:
        super().__init__(", ".join(f"{doubt.why} {doubt.arrival_id or doubt.method_id or ''}" for doubt in doubts))
        self.doubts = tuple(doubts)


@dataclass(frozen=True, slots=True)
class Coming:
    """Money that is about to be credited.

    payment_id: the payment that it is for, if any. day: see `Arrival`. arrival_id: of itself, if it is written already.
    """

    reseller_id: int
    door: Door
    account_id: int
    payment_id: int | None
    amount: Money
    day: date
    order_key: str = ""
    order_date: date | None = None
    payer_inn: str = ""
    payer_name: str = ""
    is_test: bool = False
    arrival_id: int | None = None


def credited_already(session: Session, coming: Coming) -> list[Doubt]:
    """Return the standing credits that may be this very money, each arrival once, the likeliest first."""
    found: dict[int, Doubt] = {}
    for why, query in _queries(coming):
        for arrival in session.scalars(query):
            if why is not Why.SAME_ORDER or _may_be_one_payer(arrival, coming):
                found.setdefault(arrival.id, Doubt(why, arrival.id))
    return list(found.values())


def _queries(coming: Coming) -> list[tuple[Why, Select[Any]]]:
    queries = []
    if coming.payment_id is not None:
        naming = select(Arrival.id).where(Arrival.payment_id == coming.payment_id)
        of_payment = or_(ArrivalDecision.payment_id == coming.payment_id, ArrivalDecision.arrival_id.in_(naming))
        queries.append((Why.SAME_PAYMENT, standing(of_payment)))
    if coming.order_key and coming.order_date is not None:
        of_order = (Arrival.order_key == coming.order_key) & (Arrival.order_date == coming.order_date)
        queries.append((Why.SAME_ORDER, standing(of_order)))
    apart = timedelta(days=DAYS_APART)
    alike = (
        (ArrivalDecision.account_id == coming.account_id)
        & (ArrivalDecision.amount_minor == coming.amount.minor)
        & (Arrival.door != coming.door)
        & Arrival.day.between(coming.day - apart, coming.day + apart)
    )
    queries.append((Why.SAME_SUM, standing(alike)))
    others = (Arrival.reseller_id == coming.reseller_id) & (Arrival.id != (coming.arrival_id or 0))
    return [(why, query.where(others, Arrival.is_test == coming.is_test)) for why, query in queries]


def standing(condition: ColumnElement[bool]) -> Select[Any]:
    """Return the query for arrivals with a credit that stands and meets the condition."""
    return (
        select(Arrival)
        .join(ArrivalDecision, ArrivalDecision.arrival_id == Arrival.id)
        .where(condition, ArrivalDecision.kind.in_(CREDITS), stands())
        .order_by(Arrival.id)
    )


def stands() -> ColumnElement[bool]:
    """Return the condition that no reversal undoes a decision's movement."""
    return ~exists().where(_UNDONE.reverses_id == ArrivalDecision.transaction_id)


def _may_be_one_payer(arrival: Arrival, coming: Coming) -> bool:
    if arrival.payer_inn and coming.payer_inn:
        return arrival.payer_inn == coming.payer_inn
    if arrival.payer_name and coming.payer_name:
        return may_be_one_name(arrival.payer_name, coming.payer_name)
    return True


def about_payment(session: Session, payment: Payment, received: Money) -> list[Doubt]:
    """Return what else is asked before a person completes a payment with a sum."""
    found = [Doubt(Why.MAY_BE_PAID, method_id=method_id) for method_id in _may_still_pay(session, payment.id)]
    if far_from_bill(received, Money(payment.amount_minor, payment.currency)):
        found.append(Doubt(Why.FAR_FROM_BILL))
    return found


def _may_still_pay(session: Session, payment_id: int) -> list[int]:
    """Return the methods whose gateway may still be paid for this payment: started there, and not known to have failed.

    Where no merchant was frozen no gateway takes the money, and a test takes none.
    """
    query = (
        select(GatewayOperation.method_id)
        .where(
            GatewayOperation.payment_id == payment_id,
            GatewayOperation.state != TryState.FAILED,
            GatewayOperation.merchant != "",
            GatewayOperation.is_test.is_(false()),
        )
        .distinct()
        .order_by(GatewayOperation.method_id)
    )
    return list(session.scalars(query))
