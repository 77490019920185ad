"""What gateways say, judged: compared with the frozen tries, credited once, parked if it does not fit.

A well-signed event is never dropped and never credited blindly. The arrival with its message and decision, the credit,
the payment's status and everything that follows are one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from billhook import (
    Fact,
    Money,
    PaymentClaim,
    PaymentFailed,
    PaymentPaid,
    PaymentPending,
    PaymentStatus,
    Reason,
    Ruling,
    Verdict,
)
from billhook.host.judging import Frozen, misfit, parked_because, refused_because
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from host_stub.domain.errors import NotFound
from host_stub.persistence import CallbackRefusal, GatewayOperation, Payment, PaymentMethod, Store
from host_stub.persistence.store import catch_up, fetch, now
from host_stub.services.money_in import gateway_money, reports


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """Something that a gateway says is paid, after its signature was checked or as the answer to our own question.

    Whoever makes one has verified it: plugins cannot, they never see this type.
    """

    method_id: int
    plugin: str
    paid: PaymentPaid
    body: bytes

    @property
    def source(self) -> str:
        return f"{self.plugin}:{self.paid.merchant}"


def park_unreadable(store: Store, method_id: int, plugin: str, body: bytes, why: str) -> Ruling:
    """Keep a verified message that nobody could read, once; a manager closes it by hand."""
    with store.write() as session:
        # Twins have no payment on which they could meet.
        method = fetch(session, PaymentMethod, method_id, lock=True)
        gateway_money.park_unreadable(session, method, plugin, body, why)
    return Ruling(None, Verdict.PARKED, Reason.UNREADABLE)


def judge(store: Store, method_id: int, plugin: str, fact: Fact, body: bytes) -> Ruling:
    """Judge what a gateway said, verified, to a method, and do what follows; each fact in a transaction of its own.

    Raises Elsewhere, before anything is done.
    """
    match fact:
        case PaymentPaid():
            return apply_event(store, VerifiedEvent(method_id, plugin, fact, body))
        case PaymentPending() | PaymentFailed():
            with store.write() as session:
                started = _own(session, method_id, plugin, fact)
                if started is not None:
                    reports.report(session, started, fact)
    return Ruling(fact, Verdict.NOTED)


def apply_event(store: Store, event: VerifiedEvent) -> Ruling:
    """Judge a verified event and do what follows from it; return the verdict for the gateway's answer.

    Raises Elsewhere, before anything is done.
    Twins that arrive at the same moment collide on the once-only keys; the loser is judged again and finds the winner.
    """
    for last_try in (False, False, True):
        try:
            with store.write() as session:
                return _judge(session, event)
        except IntegrityError:
            if last_try:
                raise
    raise AssertionError("unreachable")


class _Method(NamedTuple):
    """What judging needs of a method: its settings were read before, and its picture is not."""

    id: int
    reseller_id: int
    name: str


def _method(session: Session, method_id: int) -> _Method:
    query = select(PaymentMethod.id, PaymentMethod.reseller_id, PaymentMethod.name).where(PaymentMethod.id == method_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("PaymentMethod", method_id)
    return _Method(*row)


def _judge(session: Session, event: VerifiedEvent) -> Ruling:
    method, paid = _method(session, event.method_id), event.paid
    heard = gateway_money.Heard(method, event.source, paid, event.body)
    started = _own(session, method.id, event.plugin, paid)
    payment = _payment(session, started)
    known = gateway_money.find(session, heard)
    again = gateway_money.repeated(session, known, paid) if known is not None else None
    if again is not None:
        return again
    status, frozen = _standing(session, payment, started, paid)
    problem = parked_because(paid, status, frozen, known.said if known is not None else [])
    if known is not None:
        return gateway_money.alarm(session, known, payment, heard, problem or Reason.SIGNED_FIELDS_DIFFER)
    if started is None and reports.is_another_s(session, method.reseller_id, paid.reference):
        problem = Reason.OTHERS_PAYMENT
    if problem is not None or payment is None or started is None:
        return gateway_money.park(session, payment, heard, problem or Reason.UNKNOWN_PAYMENT)
    ruling = gateway_money.credit_or_park(session, payment, heard, as_came=started.as_came)
    if ruling.verdict is Verdict.ACCEPTED:
        reports.paid(session, started, paid)
    return ruling


class Elsewhere(Exception):
    """A message names a try of another method of the same shop: that one's secrets have to verify it."""

    def __init__(self, method_id: int) -> None:
        super().__init__(f"of method {method_id}")
        self.method_id = method_id


def _own(session: Session, method_id: int, plugin: str, about: reports.About) -> GatewayOperation | None:
    """Return the try of this method that a message means. Raises Elsewhere for one of another method of its shop."""
    found = reports.named(session, method_id, about)
    if found is not None:
        return found
    other = reports.of_shop(session, plugin, about)
    if other is not None:
        raise Elsewhere(other)
    return None


def _payment(session: Session, started: GatewayOperation | None) -> Payment | None:
    """Return the payment that a message names by its try, locked."""
    if started is None:
        return None
    query = select(Payment).where(Payment.id == started.payment_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(locked).one_or_none()
    catch_up(session)
    return found


def _standing(
    session: Session, payment: Payment | None, started: GatewayOperation | None, claim: PaymentClaim
) -> tuple[PaymentStatus | None, list[Frozen]]:
    """Return where a payment stands and what its tries froze: one that fits, else all."""
    if payment is None or started is None:
        return None, []
    own = _frozen(started)
    others = [] if misfit(claim, [own]) is None else _others(session, started)
    return PaymentStatus(payment.status), [*others, own]


def _frozen(row: GatewayOperation) -> Frozen:
    return Frozen(row.merchant, Money(row.amount_minor, row.currency), row.is_test, row.as_came)


def _others(session: Session, started: GatewayOperation) -> list[Frozen]:
    query = select(GatewayOperation).where(
        GatewayOperation.payment_id == started.payment_id,
        GatewayOperation.method_id == started.method_id,
        GatewayOperation.id != started.id,
    )
    return [_frozen(row) for row in session.scalars(query.order_by(GatewayOperation.id))]


def may_be_paid(store: Store, method_id: int, plugin: str, claim: PaymentClaim) -> Ruling:
    """Answer a pre-request: ACCEPTED if the payment is waiting or expired and the claim fits, else REFUSED.

    Unsigned, so it changes nothing: not even a lock is taken. Raises Elsewhere.
    """
    with store.read() as session:
        started = _own(session, method_id, plugin, claim)
        payment = session.get(Payment, started.payment_id) if started is not None else None
        why = refused_because(claim, *_standing(session, payment, started, claim))
    return Ruling(claim, Verdict.ACCEPTED if why is None else Verdict.REFUSED, why)


def count_refusal(store: Store, method_id: int, reason: str) -> None:
    """Count a refused message (bad signature, malformed …) for the day; its body is not kept."""
    with store.write() as session:
        method = fetch(session, PaymentMethod, method_id, lock=True)
        day = now(session).date()
        query = select(CallbackRefusal).where(
            CallbackRefusal.method_id == method_id, CallbackRefusal.reason == reason, CallbackRefusal.day == day
        )
        row = session.scalars(query).one_or_none()
        if row is None:
            row = CallbackRefusal(reseller_id=method.reseller_id, method_id=method_id, reason=reason, day=day, count=0)
            session.add(row)
        row.count += 1
