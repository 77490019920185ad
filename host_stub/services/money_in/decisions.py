"""What people decide about money that waits: credited, to one or to several, closed, kept, taken back.

Each is one transaction, and names the latest decision that was seen: of two at once the second hears who was first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billhook import Money, Reason
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import CREDITS, Act, Door, Kind, State, parts_fit
from host_stub.domain.errors import InvalidAmount, NotFound, NotTheSame, OperatorsAlone, PartsDoNotFit
from host_stub.domain.payments import OPEN, Cause
from host_stub.persistence import Account, Arrival, ArrivalDecision, Payment, Reseller, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.services.books import ledger
from host_stub.services.books.corrections import post_correction
from host_stub.services.money_in import arrivals, doubts, payments, reversals
from host_stub.services.money_in.arrivals import Linked
from host_stub.services.money_in.credits import credit
from host_stub.services.money_in.doubts import Answered, Coming, Doubt, Doubtful
from host_stub.services.money_in.reversals import Undo


@dataclass(frozen=True, slots=True)
class Handled:
    """The arrival that somebody decides about. seen: the number of its latest decision on their page."""

    arrival_id: int
    seen: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A sum for a payment, which it completes, or for an account."""

    amount: Money
    payment_id: int | None = None
    account_id: int | None = None


def credit_parts(
    store: Store, scope: Scope, handled: Handled, parts: Sequence[Part], *, by: Actor, anyway: Answered = False
) -> None:
    """Credit an arrival that waits, to one payment or account or in parts; what is left goes on waiting.

    anyway: the questions that were answered; any other is asked, in the unit that would credit.
    Raises NotFound (payments and accounts of another reseller too), AlreadySettled, PaymentClosed, PartsDoNotFit,
    InvalidAmount (a test carries no money; another currency fits no account; nothing can be taken away), Doubtful.
    """
    with store.write(scope) as session:
        waiting = fetch(session, Arrival, handled.arrival_id)
        fetch(session, Reseller, waiting.reseller_id, lock=True)
        targets = _targets(session, waiting, parts)
        arrival = _open(session, handled)
        _must_be_own(arrival, by)
        _must_fit(session, arrival, parts)
        asked = dict.fromkeys(doubt for target in targets for doubt in _questions(session, arrival, target))
        found = doubts.unanswered(list(asked), anyway)
        if found:
            raise Doubtful(found)
        for target in targets:
            _credit(session, arrival, target, handled.words, by)


@dataclass(frozen=True, slots=True)
class _Target:
    amount: Money
    account: Account
    payment: Payment | None


def _targets(session: Session, arrival: Arrival, parts: Sequence[Part]) -> list[_Target]:
    """Return where parts go, locked: payments before accounts, each in the order of ids."""
    paid = _locked_payments(session, arrival, [part.payment_id for part in parts if part.payment_id is not None])
    wanted = {part.account_id for part in parts if part.account_id is not None}
    wanted |= {payment.account_id for payment in paid.values()}
    accounts = {account_id: ledger.lock_account(session, account_id) for account_id in sorted(wanted)}
    for account in accounts.values():
        if account.reseller_id != arrival.reseller_id:
            raise NotFound("Account", account.id)
    targets = []
    for part in parts:
        payment = paid[part.payment_id] if part.payment_id is not None else None
        account_id = payment.account_id if payment is not None else part.account_id
        if account_id is None:
            raise NotFound("Account", None)
        targets.append(_Target(part.amount, accounts[account_id], payment))
    return targets


def _locked_payments(session: Session, arrival: Arrival, ids: Sequence[int]) -> Mapping[int, Payment]:
    paid = {payment_id: fetch(session, Payment, payment_id, lock=True) for payment_id in sorted(set(ids))}
    for payment in paid.values():
        if payment.reseller_id != arrival.reseller_id:
            raise NotFound("Payment", payment.id)
        if payment.status not in OPEN:
            raise payments.closed(session, payment)
    return paid


def _open(session: Session, handled: Handled) -> Arrival:
    arrival = arrivals.lock_seen(session, handled.arrival_id, handled.seen)
    if arrival.state != State.OPEN:
        raise arrivals.first(session, arrival)
    return arrival


def _must_be_own(arrival: Arrival, by: Actor) -> None:
    """What names another reseller's payment is credited by nobody who works for one of the two."""
    if arrival.waits == Reason.OTHERS_PAYMENT and by.kind != "operator":
        raise OperatorsAlone(f"arrival {arrival.id}")


def _must_fit(session: Session, arrival: Arrival, parts: Sequence[Part]) -> None:
    if arrival.is_test:
        raise InvalidAmount("test_payment")
    currency = fetch(session, Reseller, arrival.reseller_id).currency
    if arrival.currency != currency:
        raise InvalidAmount("other_currency", arrival.currency)
    if arrival.amount_minor <= 0:
        raise InvalidAmount("not_a_sum", str(arrival.amount_minor))
    rest = arrivals.rest_of(arrival)
    if not parts_fit(rest, [part.amount for part in parts]):
        raise PartsDoNotFit(rest.minor)


def _questions(session: Session, arrival: Arrival, target: _Target) -> list[Doubt]:
    coming = Coming(
        arrival.reseller_id,
        Door(arrival.door),
        target.account.id,
        target.payment.id if target.payment is not None else arrival.payment_id,
        target.amount,
        arrival.day,
        order_key=arrival.order_key,
        order_date=arrival.order_date,
        payer_inn=arrival.payer_inn,
        payer_name=arrival.payer_name,
        arrival_id=arrival.id,
    )
    found = doubts.credited_already(session, coming)
    if target.payment is not None:
        # The gateway that may still be paid is the one that has told of this money.
        about = doubts.about_payment(session, target.payment, target.amount)
        found += [doubt for doubt in about if doubt.method_id is None or doubt.method_id != arrival.method_id]
    return found


def _credit(session: Session, arrival: Arrival, target: _Target, words: str, by: Actor) -> None:
    source, source_id = arrivals.key_of_credit(session, arrival, target.amount)
    payment = target.payment
    if payment is None:
        header = post_correction(
            session, target.account.id, target.amount, reason=words, source=source, source_id=source_id, by=by
        )
    else:
        said = {"external_id": arrival.key, "amount_minor": target.amount.minor, "arrival_id": arrival.id}
        payments.change_status(session, payment, Cause.MATCHED, by=by, **said)
        header = credit(
            session,
            target.account,
            payment,
            source=source,
            source_id=source_id,
            amount=target.amount,
            method_id=arrival.method_id,
            by=by,
        )
    act = Act(arrivals.kind_of_credit(arrival, target.amount, payment), target.amount.minor)
    linked = Linked(payment.id if payment is not None else None, target.account.id, header.id, words=words)
    arrivals.decide(session, arrival, act, linked, by=by)


def close(store: Store, scope: Scope, handled: Handled, kind: Kind, *, by: Actor, other_id: int | None = None) -> None:
    """Close what is left of an arrival without a credit: not ours, to be returned, or the same money as another.

    other_id: the arrival that it is the same as, of which a credit stands.
    Raises NotFound, AlreadySettled, NotTheSame.
    """
    with store.write(scope) as session:
        waiting = fetch(session, Arrival, handled.arrival_id)
        fetch(session, Reseller, waiting.reseller_id, lock=True)
        arrival = _open(session, handled)
        if kind is Kind.SAME_AS:
            _must_be_twins(session, arrival, other_id)
        arrivals.decide(session, arrival, Act(kind), Linked(other_id=other_id, words=handled.words), by=by)


def _must_be_twins(session: Session, arrival: Arrival, other_id: int | None) -> None:
    """Raise NotTheSame unless the other stands by itself, and nobody counts as the same as this one: no chains."""
    other = fetch(session, Arrival, other_id or 0)
    if other.reseller_id != arrival.reseller_id:
        raise NotFound("Arrival", other.id)
    same = (ArrivalDecision.kind == Kind.SAME_AS) & (Arrival.decisions == ArrivalDecision.n)
    chained = (ArrivalDecision.arrival_id == other.id) | (ArrivalDecision.other_id == arrival.id)
    query = select(Arrival.id).join(ArrivalDecision, ArrivalDecision.arrival_id == Arrival.id).where(same, chained)
    if other.id == arrival.id or not other.credited_minor or session.scalars(query.limit(1)).one_or_none() is not None:
        raise NotTheSame(other.id)


def keep(store: Store, scope: Scope, handled: Handled, *, by: Actor) -> None:
    """Say that money which was perhaps paid twice, or about which there was an alarm, stays as it was decided.

    Raises NotFound, AlreadySettled.
    """
    with store.write(scope) as session:
        waiting = fetch(session, Arrival, handled.arrival_id)
        fetch(session, Reseller, waiting.reseller_id, lock=True)
        arrival = arrivals.lock_seen(session, handled.arrival_id, handled.seen)
        if arrival.state == State.OPEN or not arrival.waits:
            raise arrivals.first(session, arrival)
        linked = Linked(words=handled.words)
        arrivals.decide(session, arrival, Act(Kind.KEPT, why=arrival.waits), linked, by=by)


def reverse(store: Store, scope: Scope, handled: Handled, *, by: Actor, with_services: bool = False) -> int:
    """Take back the latest standing credit of an arrival; return the movement's id. What came goes on waiting.

    Raises NotFound, AlreadySettled, PaymentClosed.
    """
    with store.write(scope) as session:
        waiting = fetch(session, Arrival, handled.arrival_id)
        fetch(session, Reseller, waiting.reseller_id, lock=True)
        credited = _latest_credit(session, waiting)
        if credited is None:
            raise arrivals.first(session, waiting)
        if credited.payment_id is not None:
            fetch(session, Payment, credited.payment_id, lock=True)
        ledger.lock_account(session, credited.account_id or 0)
        arrivals.lock_seen(session, handled.arrival_id, handled.seen)
        return reversals.undo(session, credited, Undo(handled.words, with_services), by=by)


def _latest_credit(session: Session, arrival: Arrival) -> ArrivalDecision | None:
    query = select(ArrivalDecision).where(
        ArrivalDecision.arrival_id == arrival.id, ArrivalDecision.kind.in_(CREDITS), doubts.stands()
    )
    return session.scalars(query.order_by(ArrivalDecision.n.desc()).limit(1)).one_or_none()
