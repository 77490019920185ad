"""Attempts: a payment started with a method, frozen before the provider is called.

A crash between the call and its result leaves an attempt `unknown`; a status query resolves it, with growing pauses and
an end. The same start again takes up the attempt with its idempotency key, so that the gateway knows one registration:

| state     | taken up by another start        | that call went well | it failed | the gateway answers        |
|-----------|----------------------------------|---------------------|-----------|----------------------------|
| (new)     | -                                | started             | failed    | -                          |
| unknown   | unknown, asked a little later    | started             | unknown   | started, failed, abandoned |
| started   | started                          | started             | started   | -                          |
| abandoned | unknown, asked as from the start | started             | unknown   | -                          |
| failed    | never: a new attempt and key     | -                   | -         | -                          |

An error tells of one call. Only an attempt of which there was no other call has failed with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billhook import AttemptState, PaymentStatus
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM, Actor
from host_stub.domain.errors import MethodUnavailable
from host_stub.domain.instants import SKEW
from host_stub.domain.payments import OPEN
from host_stub.persistence import Payment, PaymentAttempt, PaymentMethod, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.money_in import payments
from host_stub.services.settings.plugin_settings import is_on
from host_stub.services.tenants.open_resellers import must_be_open

#: A call to a provider is over by then, whichever way it went.
FIRST_QUERY: Final = timedelta(minutes=2)
LONGEST_PAUSE: Final = timedelta(hours=6)
#: With doubled pauses: the last of them is asked for about two days after the start.
MOST_QUERIES: Final = 14
#: In which state the asking ends, by what the gateway said last. Each has a line in the log.
ENDS: Final[Mapping[AttemptState, str]] = {
    AttemptState.OPEN: "started",
    AttemptState.FAILED: "failed",
    AttemptState.UNKNOWN: "abandoned",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A started payment as frozen: what a gateway's message will be compared with."""

    id: int
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """What an attempt freezes beside the payment's own sum and number.

    queried: the provider can be asked what became of it, should the end of the call go unseen.
    """

    merchant: str = ""
    is_test: bool = False
    queried: bool = False


def begin(store: Store, scope: Scope, payment_id: int, method_id: int, frozen: Frozen, *, by: Actor) -> Attempt:
    """Freeze what is being started, before the provider is called; state `unknown` until the call ended.

    The same start again (Back, a second press) takes up the attempt that was frozen before.
    Raises NotFound, ResellerClosed, PaymentClosed, MethodUnavailable.
    """
    with store.write(scope) as session:
        must_be_open(session, fetch(session, Payment, payment_id).reseller_id)
        payment = fetch(session, Payment, payment_id, lock=True)
        if PaymentStatus(payment.status) not in OPEN:
            raise payments.closed(session, payment)
        method = fetch(session, PaymentMethod, method_id)
        if method.reseller_id != payment.reseller_id or not method.active:
            raise MethodUnavailable(method_id, "inactive")
        # The operator who switches it off holds the reseller's row: what was begun before goes on, nothing else begins.
        if not is_on(session, method.plugin, payment.reseller_id):
            raise MethodUnavailable(method_id, "plugin off")
        if payment.method_id != method_id:
            payment.method_id = method_id
            payments.note(session, payment, "payment.method_chosen", by, method=method.name, method_id=method_id)
        attempt = _same(session, payment, method_id, frozen)
        if attempt is None:
            attempt = PaymentAttempt(
                reseller_id=payment.reseller_id,
                payment_id=payment.id,
                method_id=method_id,
                merchant=frozen.merchant,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                is_test=frozen.is_test,
                reference=payment.number,
                idempotency_key=secrets.token_hex(16),
                state="unknown",
                query_at=now(session) + FIRST_QUERY if frozen.queried else None,
                created_at=now(session),
            )
            session.add(attempt)
            session.flush()
        else:
            _take_up(attempt, frozen, now(session))
        return Attempt(attempt.id, attempt.idempotency_key)


def _same(session: Session, payment: Payment, method_id: int, frozen: Frozen) -> PaymentAttempt | None:
    query = (
        select(PaymentAttempt)
        .where(
            PaymentAttempt.payment_id == payment.id,
            PaymentAttempt.method_id == method_id,
            PaymentAttempt.merchant == frozen.merchant,
            PaymentAttempt.state != "failed",
        )
        .order_by(PaymentAttempt.id.desc())
        .limit(1)
    )
    found = session.scalars(query).one_or_none()
    return found if found is not None and found.is_test == frozen.is_test else None


def _take_up(attempt: PaymentAttempt, frozen: Frozen, at: datetime) -> None:
    """Count another start. What was asked of the gateway meanwhile says nothing of it: it is asked after its end."""
    attempt.starts += 1
    if attempt.state == "started" or not frozen.queried:
        return
    if attempt.state == "abandoned":
        attempt.state, attempt.queries = "unknown", 0
    attempt.query_at = at + FIRST_QUERY


def finish(store: Store, attempt_id: int, *, error: str = "") -> None:
    """Store how a call to the provider ended."""
    with store.write() as session:
        attempt = fetch(session, PaymentAttempt, attempt_id, lock=True)
        attempt.error = error[:500]
        if not error or attempt.starts == 1:
            attempt.state, attempt.query_at = "failed" if error else "started", None
        payment = fetch(session, Payment, attempt.payment_id)
        if error:
            payments.note(session, payment, "payment.start_failed", SYSTEM, method_id=attempt.method_id)


def unseen(store: Store, attempt_id: int, *, error: str) -> None:
    """Store why the end of a call was not seen, for a manager to read; the attempt stays as it is."""
    with store.write() as session:
        fetch(session, PaymentAttempt, attempt_id, lock=True).error = error[:500]


@dataclass(frozen=True, slots=True)
class Due:
    """An attempt whose gateway is to be asked, as it was read. queries: how often it was asked before."""

    id: int
    plugin: str
    payment_id: int
    method_id: int
    reference: str
    idempotency_key: str
    queries: int
    query_at: datetime | None
    reseller_id: int


def due(store: Store, *, limit: int = 50) -> Sequence[Due]:
    """Return attempts whose gateway is to be asked now: each plugin's in turn, and within it each reseller's, its
    longest waiting first."""
    columns = (
        PaymentAttempt.id,
        PaymentMethod.plugin,
        PaymentAttempt.payment_id,
        PaymentAttempt.method_id,
        PaymentAttempt.reference,
        PaymentAttempt.idempotency_key,
        PaymentAttempt.queries,
        PaymentAttempt.query_at,
        PaymentAttempt.reseller_id,
    )
    own = (PaymentMethod.plugin, PaymentAttempt.reseller_id)
    number = func.row_number().over(partition_by=own, order_by=PaymentAttempt.query_at).label("number")
    with store.read() as session:
        query = select(*columns, number).join(PaymentMethod, PaymentMethod.id == PaymentAttempt.method_id)
        waiting = query.where(PaymentAttempt.query_at <= now(session)).subquery().c
        first = (waiting.number, waiting.query_at)
        turn = func.row_number().over(partition_by=waiting.plugin, order_by=first)
        found = select(*(waiting[column.key] for column in columns)).order_by(turn, *first).limit(limit)
        return [Due(*row) for row in session.execute(found)]


def postpone(store: Store, asked: Due, wait: timedelta) -> None:
    """Ask later: nobody was asked, so it counts as no try."""
    with store.write() as session:
        attempt = fetch(session, PaymentAttempt, asked.id, lock=True)
        if attempt.query_at == asked.query_at:
            attempt.query_at = now(session) + wait


def reread(store: Store) -> int:
    """Ask at once about what waits longer than it ever may: a clock wrote that which has been set back since."""
    with store.read() as session:
        ahead = select(PaymentAttempt.id, PaymentAttempt.queries, PaymentAttempt.query_at).where(
            PaymentAttempt.query_at > now(session) + FIRST_QUERY + SKEW
        )
        waiting = session.execute(ahead.limit(10_000)).all()
        too_long = [row.id for row in waiting if row.query_at > now(session) + pause(row.queries) + SKEW]
    if too_long:
        with store.write() as session:
            asked = update(PaymentAttempt).where(PaymentAttempt.id.in_(too_long), PaymentAttempt.query_at.is_not(None))
            session.execute(asked.values(query_at=now(session)))
    return len(too_long)


def pause(queries: int) -> timedelta:
    """Return how long an attempt waits that was asked about so often."""
    return min(FIRST_QUERY * (1 << queries), LONGEST_PAUSE)


def resolve(store: Store, asked: Due, answer: AttemptState, *, error: str = "") -> None:
    """Store what the gateway said of an attempt that is not paid, or that it could not be asked.

    After the last try the attempt is `abandoned`: the payment's log says so, and a notification is still judged.
    Nothing is stored of an attempt that was started again meanwhile, or ended.
    """
    with store.write() as session:
        attempt = fetch(session, PaymentAttempt, asked.id, lock=True)
        if attempt.query_at != asked.query_at:
            return
        attempt.queries += 1
        attempt.error = error[:500]
        if answer is AttemptState.UNKNOWN and attempt.queries < MOST_QUERIES:
            attempt.query_at = now(session) + pause(attempt.queries)
            return
        attempt.state, attempt.query_at = ENDS[answer], None
        payment = fetch(session, Payment, attempt.payment_id)
        payments.note(session, payment, f"payment.attempt_{attempt.state}", SYSTEM, method_id=attempt.method_id)
