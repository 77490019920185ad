"""Arrivals: money that a door says has come, written once, and the decisions about it, each a row of its own.

A step inside the doors (`gateway_money`, `approvals`) and inside what people decide (`decisions`). Locks are taken in
the order reseller, payment, account, arrival.
"""

from __future__ import annotations

from dataclasses import dataclass

from billhook import Money
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import CREDITS, Act, Kind, Standing, State, after, credit_key
from host_stub.domain.errors import AlreadySettled
from host_stub.persistence import Account, Arrival, ArrivalDecision, Payment
from host_stub.persistence.store import fetch, now
from host_stub.services.telling.journal import log


@dataclass(frozen=True, slots=True)
class Linked:
    """What a decision is about. transaction_id: the movement that carries it out. other_id: see `ArrivalDecision`."""

    payment_id: int | None = None
    account_id: int | None = None
    transaction_id: int | None = None
    other_id: int | None = None
    words: str = ""


def receive(session: Session, arrival: Arrival, act: Act, linked: Linked, *, by: Actor) -> None:
    """Write a new arrival with the first decision about it. Raises IntegrityError (SQLAlchemy) if it came before."""
    standing = after(arrival.door, arrival.amount_minor, None, act)
    arrival.received_at, arrival.received_by, arrival.decisions = now(session), str(by), 1
    arrival.state, arrival.waits, arrival.credited_minor = standing.state, standing.waits, standing.credited_minor
    session.add(arrival)
    session.flush()
    session.add(_decision(session, arrival, act, standing, linked, by))


def decide(session: Session, arrival: Arrival, act: Act, linked: Linked, *, by: Actor) -> None:
    """Write the next decision about a locked arrival, and leave the arrival as it says."""
    standing = after(arrival.door, arrival.amount_minor, standing_of(arrival), act)
    decision = _decision(session, arrival, act, standing, linked, by, n=arrival.decisions + 1)
    session.add(decision)
    session.flush()  # before the arrival: its trigger looks for the decision
    arrival.state, arrival.waits, arrival.decisions = standing.state, standing.waits, decision.n
    arrival.credited_minor = standing.credited_minor
    log(
        session,
        "arrival",
        arrival.id,
        f"arrival.{act.kind}",
        reseller_id=arrival.reseller_id,
        by=by,
        n=decision.n,
        amount_minor=decision.amount_minor,
        reason=decision.words,
        why=decision.reason,
        account=fetch(session, Account, linked.account_id).name if linked.account_id is not None else "",
        payment=fetch(session, Payment, linked.payment_id).number if linked.payment_id is not None else "",
    )


def _decision(
    session: Session, arrival: Arrival, act: Act, standing: Standing, linked: Linked, by: Actor, n: int = 1
) -> ArrivalDecision:
    return ArrivalDecision(
        reseller_id=arrival.reseller_id,
        arrival_id=arrival.id,
        n=n,
        kind=act.kind,
        payment_id=linked.payment_id,
        account_id=linked.account_id,
        transaction_id=linked.transaction_id,
        other_id=linked.other_id,
        amount_minor=-act.amount_minor if act.kind is Kind.REVERSED else act.amount_minor,
        reason=act.why,
        words=linked.words,
        decided_by=str(by),
        at=now(session),
        state=standing.state,
        waits=standing.waits,
        credited_minor=standing.credited_minor,
    )


def standing_of(arrival: Arrival) -> Standing:
    return Standing(State(arrival.state), arrival.waits, arrival.credited_minor)


def rest_of(arrival: Arrival) -> Money:
    """Return what of an arrival is credited to nobody."""
    return Money(arrival.amount_minor - arrival.credited_minor, arrival.currency)


def lock_seen(session: Session, arrival_id: int, seen: int) -> Arrival:
    """Return the arrival, locked. seen: the number of the latest decision that whoever decides now has seen.

    Raises NotFound; AlreadySettled, with who decided since, and when.
    """
    arrival = fetch(session, Arrival, arrival_id, lock=True)
    if arrival.decisions != seen:
        raise first(session, arrival)
    return arrival


def first(session: Session, arrival: Arrival) -> AlreadySettled:
    """Return the error that says who made the latest decision, and when."""
    query = select(ArrivalDecision.decided_by, ArrivalDecision.at).where(
        ArrivalDecision.arrival_id == arrival.id, ArrivalDecision.n == arrival.decisions
    )
    by, at = session.execute(query).one()
    return AlreadySettled(Actor.parse(by).name, at.isoformat())


def key_of_credit(session: Session, arrival: Arrival, amount: Money) -> tuple[str, str]:
    """Return source and source id of the next credit of an arrival that is written already and locked."""
    query = (
        select(ArrivalDecision.kind, func.count())
        .where(ArrivalDecision.arrival_id == arrival.id)
        .group_by(ArrivalDecision.kind)
    )
    counts = {Kind(kind): count for kind, count in session.execute(query)}
    part = 0 if amount.minor == arrival.amount_minor else 1 + sum(counts.get(kind, 0) for kind in CREDITS)
    reversals = counts.get(Kind.REVERSED, 0)
    return credit_key(arrival.door, arrival.origin, arrival.key, reversals=reversals, part=part)


def kind_of_credit(arrival: Arrival, amount: Money, payment: Payment | None) -> Kind:
    if amount.minor != arrival.amount_minor:
        return Kind.PART
    return Kind.CREDITED_TO_PAYMENT if payment is not None else Kind.CREDITED_TO_ACCOUNT
