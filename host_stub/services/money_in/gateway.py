"""What gateways say, judged: compared with the frozen attempts, credited once, parked if it does not fit.

A well-signed event is never dropped and never credited blindly. The arrival with its message and decision, the credit,
the payment's status and everything that follows are one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from billhook import Money, PaymentClaim, PaymentPaid, PaymentStatus, Reason, Ruling, Verdict
from billhook.host.judging import Frozen, parked_because, refused_because
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from host_stub.domain.errors import NotFound
from host_stub.persistence import CallbackRefusal, Payment, PaymentAttempt, PaymentMethod, Store
from host_stub.persistence.store import catch_up, fetch, now
from host_stub.services.money_in import gateway_money


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


def apply_event(store: Store, event: VerifiedEvent) -> Ruling:
    """Judge a verified event and do what follows from it; return the verdict for the gateway's answer.

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
    payment = _payment(session, method, paid)
    known = gateway_money.find(session, heard)
    again = gateway_money.repeated(session, known, paid) if known is not None else None
    if again is not None:
        return again
    status, started = _standing(session, payment, method.id)
    problem = parked_because(paid, status, started, known.said if known is not None else [])
    if known is not None:
        return gateway_money.alarm(session, known, payment, heard, problem or Reason.SIGNED_FIELDS_DIFFER)
    if problem is not None or payment is None:
        return gateway_money.park(session, payment, heard, problem or Reason.UNKNOWN_PAYMENT)
    return gateway_money.credit_or_park(session, payment, heard)


def _payment(session: Session, method: _Method, paid: PaymentClaim) -> Payment | None:
    """Return the payment that the message names, locked. Number and seller must agree."""
    query = select(Payment).where(Payment.reseller_id == method.reseller_id, Payment.number == paid.reference)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(locked).one_or_none()
    catch_up(session)
    return found


def _standing(session: Session, payment: Payment | None, method_id: int) -> tuple[PaymentStatus | None, list[Frozen]]:
    if payment is None:
        return None, []
    return PaymentStatus(payment.status), _frozen(session, payment, method_id)


def _frozen(session: Session, payment: Payment, method_id: int) -> list[Frozen]:
    query = (
        select(PaymentAttempt.merchant, PaymentAttempt.amount_minor, PaymentAttempt.currency, PaymentAttempt.is_test)
        .where(PaymentAttempt.payment_id == payment.id, PaymentAttempt.method_id == method_id)
        .order_by(PaymentAttempt.id)
    )
    return [
        Frozen(merchant, Money(amount, currency), is_test)
        for merchant, amount, currency, is_test in session.execute(query)
    ]


def may_be_paid(store: Store, method_id: int, claim: PaymentClaim) -> Ruling:
    """Answer a pre-request: ACCEPTED if the payment is waiting or expired and the claim fits, else REFUSED.

    Unsigned, so it changes nothing: not even a lock is taken.
    """
    with store.read() as session:
        method = fetch(session, PaymentMethod, method_id)
        query = select(Payment).where(Payment.reseller_id == method.reseller_id, Payment.number == claim.reference)
        payment = session.scalars(query).one_or_none()
        why = refused_because(claim, *_standing(session, payment, method_id))
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
