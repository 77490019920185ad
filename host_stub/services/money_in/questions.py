"""When gateways are asked what became of tries: which, how often, and what is stored of their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billhook import Asking, AttemptState, Hint
from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM
from host_stub.domain.instants import SKEW
from host_stub.persistence import GatewayOperation, Payment, PaymentMethod, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.money_in import payments, reports
from host_stub.services.money_in.tries import OVER, Try, TryState, newest, of

#: Whoever hints at older tries is not heard.
HINTED_FOR: Final = timedelta(days=400)
#: Questions about the tries of one method within a minute.
MOST_A_MINUTE: Final = 30
#: How much longer a try is kept whose gateway was away.
OUTAGES: Final = timedelta(days=7)
#: In which state the asking ends, by what the gateway said last. Each has a line in the log.
ENDS: Final[Mapping[AttemptState, TryState]] = {
    AttemptState.OPEN: TryState.STARTED,
    AttemptState.FAILED: TryState.FAILED,
    AttemptState.UNKNOWN: TryState.ABANDONED,
}


def hint(store: Store, method_id: int, plugin: str, about: Hint) -> bool:
    """Ask about a try soon, once, however many hints there are; return whether a question was added.

    Unsigned, so that it can name a try of any method of the plugin: whoever answers decides, not who hints.
    """
    with store.read() as session:
        row = reports.named(session, method_id, about) or _elsewhere(session, plugin, about)
        if row is None or row.created_at < now(session) - HINTED_FOR or _is_due(row, now(session)):
            return False
    with store.write() as session:
        row = fetch(session, GatewayOperation, row.id, lock=True)
        added = not _is_due(row, now(session))
        if added:
            row.query_at = now(session)
        return added


def _elsewhere(session: Session, plugin: str, about: Hint) -> GatewayOperation | None:
    method_id = reports.of_shop(session, plugin, about)
    return reports.named(session, method_id, about) if method_id is not None else None


def _is_due(row: GatewayOperation, at: datetime) -> bool:
    return row.query_at is not None and row.query_at <= at


@dataclass(frozen=True, slots=True)
class Due:
    """A try whose gateway is to be asked, as it was read. queries: how often it was asked before."""

    begun: Try
    plugin: str
    method_id: int
    payment_id: int
    reseller_id: int
    queries: int
    query_at: datetime | None

    @property
    def id(self) -> int:
        return self.begun.id


def due(store: Store, *, limit: int = 50) -> Sequence[Due]:
    """Return tries whose gateway is to be asked now: each plugin's in turn, and within it each reseller's.

    Of a reseller's, those that wait for money come before those that are over, and whoever was asked least recently
    first. A method whose gateway was asked often within the last minute is left out.
    """
    own = (PaymentMethod.plugin, GatewayOperation.reseller_id)
    rank = case((GatewayOperation.state.in_(OVER), 1), else_=0)
    turn_of_own = (rank, func.coalesce(GatewayOperation.asked_at, GatewayOperation.created_at), GatewayOperation.id)
    with store.read() as session:
        lately = (
            select(GatewayOperation.method_id, func.count().label("asked"))
            .where(GatewayOperation.asked_at > now(session) - timedelta(minutes=1))
            .group_by(GatewayOperation.method_id)
            .subquery()
        )
        numbered = (
            select(
                GatewayOperation.id,
                GatewayOperation.query_at,
                PaymentMethod.plugin,
                func.row_number().over(partition_by=own, order_by=turn_of_own).label("number"),
                func.row_number()
                .over(partition_by=GatewayOperation.method_id, order_by=turn_of_own)
                .label("of_method"),
                func.coalesce(lately.c.asked, 0).label("asked"),
            )
            .join(PaymentMethod, PaymentMethod.id == GatewayOperation.method_id)
            .join(lately, lately.c.method_id == GatewayOperation.method_id, isouter=True)
            .where(GatewayOperation.query_at <= now(session))
            .subquery()
        )
        waiting = numbered.c
        first = (waiting.number, waiting.query_at)
        turn = func.row_number().over(partition_by=waiting.plugin, order_by=first)
        query = (
            select(GatewayOperation, waiting.plugin)
            .join(numbered, waiting.id == GatewayOperation.id)
            .where(waiting.of_method + waiting.asked <= MOST_A_MINUTE)
        )
        return [_due(row, plugin) for row, plugin in session.execute(query.order_by(turn, *first).limit(limit))]


def about(session: Session, begun: Try, plugin: str) -> Due:
    """Return the question about a try, due or not."""
    return _due(fetch(session, GatewayOperation, begun.id), plugin)


def soon(store: Store, payment_id: int, method_id: int) -> None:
    """Ask about the newest try of a payment as soon as may be: its payer has come back from the gateway."""
    with store.read() as session:
        begun = newest(session, payment_id, method_id)
    if begun is not None:
        hint(store, method_id, "", Hint(begun.reference))


def _due(row: GatewayOperation, plugin: str) -> Due:
    return Due(of(row), plugin, row.method_id, row.payment_id, row.reseller_id, row.queries, row.query_at)


def postpone(store: Store, asked: Due, wait: timedelta, asking: Asking, *, error: str = "") -> None:
    """Ask later: nobody answered, so it counts as no question. It ends a week after it would have ended anyway.

    error: why the gateway could not be reached, empty if it was not tried.
    """
    with store.write() as session:
        row = fetch(session, GatewayOperation, asked.id, lock=True)
        if row.query_at != asked.query_at:
            return
        row.query_at = now(session) + wait
        if error:
            # Whoever comes next of this method is another try: one alone must not stand for all of them for ever.
            row.error, row.asked_at = error[:500], now(session)
        if now(session) > row.created_at + asking.until + OUTAGES:
            row.query_at = None
            if row.state == TryState.UNKNOWN:
                _end(session, row, TryState.ABANDONED)


def reread(store: Store) -> int:
    """Ask at once about what a clock put off that has been set back since."""
    with store.read() as session:
        latest = func.coalesce(GatewayOperation.asked_at, GatewayOperation.created_at)
        ahead = or_(latest > now(session) + SKEW, GatewayOperation.query_at > now(session) + Asking().longest + SKEW)
        waiting = select(GatewayOperation.id).where(GatewayOperation.query_at > now(session), ahead)
        too_long = list(session.scalars(waiting.limit(10_000)))
    if too_long:
        with store.write() as session:
            asked = update(GatewayOperation).where(
                GatewayOperation.id.in_(too_long), GatewayOperation.query_at.is_not(None)
            )
            session.execute(asked.values(query_at=now(session)))
    return len(too_long)


def pause(asked: Asking, queries: int) -> timedelta:
    """Return how long a try waits that was asked about so often."""
    return min(asked.first * (1 << min(queries, 20)), asked.longest)


def resolve(store: Store, about: Due, answer: AttemptState, asked: Asking, *, error: str = "") -> None:
    """Store what the gateway said of a try that is not paid, or that it could not be asked.

    When the asking ends without an answer the try is `abandoned`: the payment's log says so, and what is paid on it is
    credited all the same. Nothing is stored of a try that was started again or hinted at meanwhile, or ended.
    """
    with store.write() as session:
        row = fetch(session, GatewayOperation, about.id, lock=True)
        row.queries += 1
        row.error, row.asked_at = error[:500], now(session)
        if row.query_at != about.query_at:
            return
        if row.state in OVER:
            row.query_at = None
            return
        later = pause(asked, row.queries)
        goes_on = now(session) + later < row.created_at + asked.until
        if answer is AttemptState.OPEN and row.state == TryState.UNKNOWN:
            _end(session, row, TryState.STARTED)
        if goes_on and (answer is AttemptState.UNKNOWN or (answer is AttemptState.OPEN and asked.open)):
            row.query_at = now(session) + later
            return
        row.query_at = None
        if answer is AttemptState.FAILED or row.state == TryState.UNKNOWN:
            _end(session, row, ENDS[answer])


def _end(session: Session, row: GatewayOperation, state: TryState) -> None:
    row.state = state
    payment = fetch(session, Payment, row.payment_id)
    payments.note(session, payment, f"payment.attempt_{state}", SYSTEM, method_id=row.method_id)
