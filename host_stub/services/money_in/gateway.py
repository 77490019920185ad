"""What gateways say, judged: compared with the frozen attempts, credited once, parked if it does not fit.

A well-signed event is never dropped and never credited blindly. The event with its verdict, the credit, the payment's
status and everything that follows are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

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
from billhook.host.judging import Frozen, Said, misfit, parked_because, refused_because
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import AlreadySettled, InvalidAmount, NotFound
from host_stub.domain.payments import Cause, Consequence
from host_stub.persistence import (
    Account,
    CallbackRefusal,
    GatewayEvent,
    GatewayOperation,
    Payment,
    PaymentMethod,
    Reseller,
    Scope,
    Store,
)
from host_stub.persistence.store import catch_up, fetch, now
from host_stub.services.books.corrections import post_correction
from host_stub.services.money_in import event_numbers, payments, reports
from host_stub.services.money_in.credits import credit
from host_stub.services.telling.journal import log

CREDITED: Final = "credited"
PARKED: Final = "parked"

#: Parts a digest that was used for something else before from what tells this message apart.
_OTHERWISE: Final = "/"


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
    """Keep a verified message that nobody could read, once; a manager settles it by hand."""
    digest = sha256(body).hexdigest()
    with store.write() as session:
        method = fetch(session, PaymentMethod, method_id, lock=True)
        query = select(GatewayEvent.id).where(
            GatewayEvent.method_id == method_id, GatewayEvent.external_id == f"unreadable:{digest}"
        )
        if session.scalars(query).one_or_none() is None:
            session.add(
                GatewayEvent(
                    reseller_id=method.reseller_id,
                    method_id=method_id,
                    source=f"{plugin}:",
                    external_id=f"unreadable:{digest}",
                    signed_digest=digest,
                    reference="",
                    amount_minor=0,
                    currency=fetch(session, Reseller, method.reseller_id).currency,
                    is_test=False,
                    details={"problem": _legible(why)},
                    body=body,
                    verdict=PARKED,
                    reason=Reason.UNREADABLE,
                    received_at=now(session),
                )
            )
    return Ruling(None, Verdict.PARKED, Reason.UNREADABLE)


def _legible(why: str) -> str:
    """Return a provider's words as a database keeps them: they may quote what was not kept."""
    return why.encode("utf-8", "replace").decode().replace("\x00", "?")[:500]


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
    method = _method(session, event.method_id)
    started = _own(session, method.id, event.plugin, event.paid)
    payment = _payment(session, started)
    known = _known(session, method, event)
    twin = next((each for each in known if _said(each) == Said.of(event.paid)), None)
    if twin is not None:
        # In SQL: twins that name no payment hold no common lock.
        session.execute(
            update(GatewayEvent).where(GatewayEvent.id == twin.id).values(deliveries=GatewayEvent.deliveries + 1)
        )
        if twin.verdict == CREDITED:
            return Ruling(event.paid, Verdict.DUPLICATE)
        return Ruling(event.paid, Verdict.PARKED, Reason(twin.reason))
    status, frozen = _standing(session, payment, started, event.paid)
    problem = parked_because(event.paid, status, frozen, [_said(each) for each in known])
    if problem is not None or payment is None or started is None:
        return _park(session, method, payment, event, problem or Reason.UNKNOWN_PAYMENT, known)
    reports.paid(session, started, event.paid)
    return _credit(session, method, payment, event)


def _said(known: GatewayEvent) -> Said:
    return Said(known.reference, Money(known.amount_minor, known.currency), known.is_test, _digest_of(known))


def _digest_of(known: GatewayEvent) -> str:
    return known.signed_digest.partition(_OTHERWISE)[0]


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


def _known(session: Session, method: _Method, event: VerifiedEvent) -> list[GatewayEvent]:
    query = select(GatewayEvent).where(
        GatewayEvent.reseller_id == method.reseller_id,
        GatewayEvent.source == event.source,
        GatewayEvent.external_id == event.paid.external_id,
    )
    return list(session.scalars(query))


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
    return Frozen(row.merchant, Money(row.amount_minor, row.currency), row.is_test)


def _others(session: Session, started: GatewayOperation) -> list[Frozen]:
    query = select(GatewayOperation).where(
        GatewayOperation.payment_id == started.payment_id,
        GatewayOperation.method_id == started.method_id,
        GatewayOperation.id != started.id,
    )
    return [_frozen(row) for row in session.scalars(query.order_by(GatewayOperation.id))]


def _row(method: _Method, event: VerifiedEvent, session: Session) -> GatewayEvent:
    paid = event.paid
    return GatewayEvent(
        reseller_id=method.reseller_id,
        method_id=method.id,
        source=event.source,
        external_id=paid.external_id,
        signed_digest=paid.signed_digest,
        reference=paid.reference,
        amount_minor=paid.amount.minor,
        currency=paid.amount.currency,
        is_test=paid.is_test,
        details=dict(paid.details),
        body=event.body,
        received_at=now(session),
    )


def _park(
    session: Session,
    method: _Method,
    payment: Payment | None,
    event: VerifiedEvent,
    why: Reason,
    known: Sequence[GatewayEvent],
) -> Ruling:
    row = _row(method, event, session)
    row.verdict, row.reason = PARKED, why
    if any(_digest_of(each) == row.signed_digest for each in known):
        said = f"{row.reference}\n{row.amount_minor}\n{row.currency}\n{row.is_test}"
        row.signed_digest += _OTHERWISE + sha256(said.encode()).hexdigest()
    row.payment_id = payment.id if payment is not None else None
    session.add(row)
    session.flush()
    if payment is not None:
        log(
            session,
            "payment",
            payment.id,
            "payment.event_parked",
            reseller_id=payment.reseller_id,
            by=_gateway(method),
            reason=str(why),
            event_id=row.id,
            amount_minor=row.amount_minor,
        )
    return Ruling(event.paid, Verdict.PARKED, why)


def _credit(session: Session, method: _Method, payment: Payment, event: VerifiedEvent) -> Ruling:
    by = _gateway(method)
    paid = event.paid
    consequence = payments.change_status(
        session, payment, Cause.PAID, by=by, external_id=paid.external_id, amount_minor=paid.amount.minor
    )
    header = credit(
        session,
        payment,
        source=event.source,
        source_id=paid.external_id,
        amount=paid.amount,
        method_id=method.id,
        by=by,
    )
    if consequence is Consequence.CREDIT_AGAIN:
        log(
            session,
            "payment",
            payment.id,
            "payment.paid_again",
            reseller_id=payment.reseller_id,
            by=by,
            external_id=paid.external_id,
            amount_minor=paid.amount.minor,
        )
    row = _row(method, event, session)
    row.verdict, row.payment_id, row.transaction_id = CREDITED, payment.id, header.id
    session.add(row)
    return Ruling(event.paid, Verdict.ACCEPTED)


def _gateway(method: _Method) -> Actor:
    return Actor("gateway", method.name)


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


def settle_parked(store: Store, scope: Scope, event_id: int, *, account_id: int | None, reason: str, by: Actor) -> None:
    """Settle a parked event once: credited to an account as a correction linked to it, or closed with a reason.

    Raises NotFound (an account of another reseller too), AlreadySettled, CreditedBefore (its number at the gateway was
    credited by another message), InvalidAmount (a test payment carries no money; another currency fits no account;
    nothing can be taken away).
    """
    with store.write(scope) as session:
        event = fetch(session, GatewayEvent, event_id)
        event_numbers.lock(session, event)
        if event.verdict != PARKED:
            raise AlreadySettled("", event.received_at.isoformat())
        if event.settled_at is not None:
            raise AlreadySettled(Actor.parse(event.settled_by).name, event.settled_at.isoformat())
        if account_id is not None:
            event.transaction_id = _credit_parked(session, event, account_id, reason, by)
        event.settled_at, event.settled_by, event.settlement = now(session), str(by), reason
        log(
            session,
            "gateway_event",
            event.id,
            "event.settled" if account_id else "event.closed",
            reseller_id=event.reseller_id,
            by=by,
            reason=reason,
            account_id=account_id,
            account=fetch(session, Account, account_id).name if account_id is not None else "",
        )


def _credit_parked(session: Session, event: GatewayEvent, account_id: int, reason: str, by: Actor) -> int:
    if event.is_test:
        raise InvalidAmount("test_payment")
    if fetch(session, Account, account_id).reseller_id != event.reseller_id:
        raise NotFound("Account", account_id)
    currency = fetch(session, Reseller, event.reseller_id).currency
    if event.currency != currency:
        raise InvalidAmount("other_currency", event.currency)
    amount = Money(event.amount_minor, event.currency)
    if amount.minor <= 0:
        raise InvalidAmount("not_a_sum", amount.plain())
    event_numbers.must_be_first(session, event)
    # The key of a credit by the gateway itself: whoever credits this number first, the database refuses the second.
    header = post_correction(
        session, account_id, amount, reason=reason, source=event.source, source_id=event.external_id, by=by
    )
    return header.id
