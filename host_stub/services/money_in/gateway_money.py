"""A gateway's paid acts as arrivals: credited, parked, or an alarm on what came before. Steps inside `gateway`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from billhook import Money, PaymentPaid, Reason, Ruling, Verdict
from billhook.host.judging import Said
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import Act, Door, Kind, Wait, credit_key
from host_stub.domain.payments import Cause, Consequence
from host_stub.persistence import Account, Arrival, ArrivalMessage, Payment, Reseller
from host_stub.persistence.store import fetch, now
from host_stub.services.books import ledger
from host_stub.services.money_in import arrivals, doubts, payments, sums
from host_stub.services.money_in.arrivals import Linked
from host_stub.services.money_in.credits import credit
from host_stub.services.money_in.doubts import Coming
from host_stub.services.telling.journal import log
from host_stub.services.tenants.days import today

#: Parts a digest that was used for something else before from what tells this message apart.
_OTHERWISE: Final = "/"


class _Method(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def reseller_id(self) -> int: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """A verified message of a method about a paid act. origin: `<plugin>:<merchant as signed>`."""

    method: _Method
    origin: str
    paid: PaymentPaid
    body: bytes

    @property
    def by(self) -> Actor:
        return Actor("gateway", self.method.name)


@dataclass(frozen=True, slots=True)
class Known:
    """What came before under the same id."""

    arrival: Arrival
    messages: Sequence[ArrivalMessage]

    @property
    def said(self) -> list[Said]:
        return [_said(message) for message in self.messages]


def find(session: Session, heard: Heard) -> Known | None:
    query = select(Arrival).where(
        Arrival.reseller_id == heard.method.reseller_id,
        Arrival.door == Door.GATEWAY,
        Arrival.origin == heard.origin,
        Arrival.key == heard.paid.external_id,
    )
    arrival = session.scalars(query).one_or_none()
    if arrival is None:
        return None
    messages = select(ArrivalMessage).where(ArrivalMessage.arrival_id == arrival.id).order_by(ArrivalMessage.id)
    return Known(arrival, session.scalars(messages).all())


def _said(message: ArrivalMessage) -> Said:
    amount = Money(message.amount_minor, message.currency)
    return Said(message.reference, amount, message.is_test, message.digest.partition(_OTHERWISE)[0])


def repeated(session: Session, known: Known, paid: PaymentPaid) -> Ruling | None:
    """Count a message that came before and return what it hears; None if this one says something else."""
    twin = next((message for message in known.messages if _said(message) == Said.of(paid)), None)
    if twin is None:
        return None
    # In SQL: twins that name no payment hold no common lock.
    counted = update(ArrivalMessage).where(ArrivalMessage.id == twin.id)
    session.execute(counted.values(deliveries=ArrivalMessage.deliveries + 1))
    if twin.reason:
        return Ruling(paid, Verdict.PARKED, Reason(twin.reason))
    return Ruling(paid, Verdict.DUPLICATE)


def alarm(session: Session, known: Known, payment: Payment | None, heard: Heard, why: Reason) -> Ruling:
    """Keep a message that says otherwise than the first of its id: an alarm on the arrival, never a second one."""
    arrival = fetch(session, Arrival, known.arrival.id, lock=True)
    message = _message(session, arrival, payment, heard, why)
    if any(said.signed_digest == message.digest for said in known.said):
        message.digest += _OTHERWISE + _hash(heard.paid)
    session.add(message)
    arrivals.decide(session, arrival, Act(Kind.ALARMED, why=why), Linked(), by=heard.by)
    _note_parked(session, arrival, payment, heard, why)
    return Ruling(heard.paid, Verdict.PARKED, why)


def _hash(paid: PaymentPaid) -> str:
    said = f"{paid.reference}\n{paid.amount.minor}\n{paid.amount.currency}\n{paid.is_test}"
    return sha256(said.encode()).hexdigest()


def park(session: Session, payment: Payment | None, heard: Heard, why: Reason) -> Ruling:
    arrival = _arrival(session, payment, heard)
    arrivals.receive(session, arrival, Act(Kind.PARKED, why=why), Linked(), by=heard.by)
    session.add(_message(session, arrival, payment, heard, why))
    _note_parked(session, arrival, payment, heard, why)
    return Ruling(heard.paid, Verdict.PARKED, why)


def park_unreadable(session: Session, method: _Method, plugin: str, body: bytes, why: str) -> None:
    """Keep a verified message that nobody could read, once: an arrival without a sum, to be closed by hand."""
    digest = sha256(body).hexdigest()
    currency = fetch(session, Reseller, method.reseller_id).currency
    said = PaymentPaid(
        reference="",
        merchant="",
        amount=Money(0, currency),
        is_test=False,
        external_id=f"unreadable:{digest}",
        signed_digest=digest,
        details={"problem": _legible(why)},
    )
    heard = Heard(method, f"{plugin}:", said, body)
    known = find(session, heard)
    if known is not None:
        repeated(session, known, said)
    else:
        park(session, None, heard, Reason.UNREADABLE)


def _legible(why: str) -> str:
    """Return a provider's words as a database keeps them: they may quote what was not kept."""
    return why.encode("utf-8", "replace").decode().replace("\x00", "?")[:500]


def credit_or_park(session: Session, payment: Payment, heard: Heard, *, as_came: bool = False) -> Ruling:
    """Credit what fits its locked payment; park what no balance can hold.

    as_came: any sum fits, and less than the bill leaves a rest. A further part of the bill is no second payment of it.
    What may have been credited already by another arrival is credited all the same, for its money did come, and waits
    for a person.
    """
    paid, method = heard.paid, heard.method
    account = ledger.lock_account(session, payment.account_id)
    if not ledger.fits(account, paid.amount.minor):
        return park(session, payment, heard, Reason.TOO_LARGE)
    is_part = as_came and sums.standing(session, payment.id) + paid.amount.minor <= payment.amount_minor
    coming = _coming(session, payment, heard)
    doubt = None if is_part else next(iter(doubts.credited_already(session, coming)), None)
    _note_paid(session, payment, heard)
    source, source_id = credit_key(Door.GATEWAY, heard.origin, paid.external_id)
    header = credit(
        session,
        account,
        payment,
        source=source,
        source_id=source_id,
        amount=paid.amount,
        method_id=method.id,
        by=heard.by,
    )
    arrival = _arrival(session, payment, heard)
    act = Act(Kind.CREDITED_TO_PAYMENT, paid.amount.minor, Wait.PAID_TWICE if doubt is not None else "")
    other_id = doubt.arrival_id if doubt is not None else None
    arrivals.receive(session, arrival, act, _credited(payment, account, header.id, other_id), by=heard.by)
    session.add(_message(session, arrival, payment, heard))
    if as_came:
        payments.set_status(session, payment, sums.status_now(session, payment))
    return Ruling(paid, Verdict.ACCEPTED)


def _credited(payment: Payment, account: Account, transaction_id: int, other_id: int | None) -> Linked:
    return Linked(payment.id, account.id, transaction_id, other_id)


def _coming(session: Session, payment: Payment, heard: Heard) -> Coming:
    return Coming(
        payment.reseller_id,
        Door.GATEWAY,
        payment.account_id,
        payment.id,
        heard.paid.amount,
        today(session, payment.reseller_id),
        is_test=heard.paid.is_test,
    )


def _note_paid(session: Session, payment: Payment, heard: Heard) -> None:
    said = {"external_id": heard.paid.external_id, "amount_minor": heard.paid.amount.minor}
    consequence = payments.change_status(session, payment, Cause.PAID, by=heard.by, **said)
    if consequence is Consequence.CREDIT_AGAIN:
        payments.note(session, payment, "payment.paid_again", heard.by, **said)


def _note_parked(session: Session, arrival: Arrival, payment: Payment | None, heard: Heard, why: Reason) -> None:
    if payment is None:
        return
    log(
        session,
        "payment",
        payment.id,
        "payment.event_parked",
        reseller_id=payment.reseller_id,
        by=heard.by,
        reason=str(why),
        arrival_id=arrival.id,
        amount_minor=heard.paid.amount.minor,
    )


def _arrival(session: Session, payment: Payment | None, heard: Heard) -> Arrival:
    paid = heard.paid
    return Arrival(
        reseller_id=heard.method.reseller_id,
        door=Door.GATEWAY,
        origin=heard.origin,
        key=paid.external_id,
        method_id=heard.method.id,
        payment_id=payment.id if payment is not None else None,
        amount_minor=paid.amount.minor,
        currency=paid.amount.currency,
        is_test=paid.is_test,
        reference=paid.reference,
        day=today(session, heard.method.reseller_id),
        details=dict(paid.details),
    )


def _message(
    session: Session, arrival: Arrival, payment: Payment | None, heard: Heard, why: Reason | None = None
) -> ArrivalMessage:
    return ArrivalMessage(
        reseller_id=arrival.reseller_id,
        arrival_id=arrival.id,
        method_id=heard.method.id,
        payment_id=payment.id if payment is not None else None,
        digest=heard.paid.signed_digest,
        reference=heard.paid.reference,
        amount_minor=heard.paid.amount.minor,
        currency=heard.paid.amount.currency,
        is_test=heard.paid.is_test,
        body=heard.body,
        reason=why or "",
        received_at=now(session),
    )
