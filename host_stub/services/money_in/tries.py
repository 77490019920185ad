"""Tries: a payment started with a method. One try is one key, one number and one frozen request.

It is stored before the provider is called. A crash between the call and its result leaves it `unknown`; a status query
resolves it, with growing pauses and an end. The same start again takes the try up, so that the gateway knows one
registration; a new try begins when the former is over:

| state      | another start          | that call went well | it failed | the gateway answers                          |
|------------|------------------------|---------------------|-----------|----------------------------------------------|
| (new)      | -                      | started             | failed    | -                                            |
| unknown    | takes it up            | started             | unknown   | started, failed; abandoned when asking ends  |
| started    | takes it up            | started             | started   | failed                                       |
| abandoned  | takes it up, asked anew| started             | unknown   | -                                            |
| paid       | a new try              | paid                | paid      | -                                            |
| failed     | a new try              | -                   | -         | -                                            |
| superseded | a new try was made, since the key's lifetime was over; what is paid on it counts as ever             |

An error tells of one call. Only a try of which there was no other call has failed with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from billhook import Asking, PaymentStatus
from billhook.host.judging import MOST_TRIES
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM, Actor
from host_stub.domain.errors import MethodUnavailable
from host_stub.domain.payments import OPEN
from host_stub.persistence import GatewayOperation, Payment, PaymentMethod, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.money_in import payments, sums
from host_stub.services.settings.plugin_settings import is_on
from host_stub.services.tenants.open_resellers import must_be_open

#: The lowest number of a try: all have ten digits.
_LEAST_NUMBER: Final = 1_000_000_000
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class TryState(StrEnum):
    """Where a try stands; see the table above."""

    UNKNOWN = "unknown"
    STARTED = "started"
    ABANDONED = "abandoned"
    PAID = "paid"
    FAILED = "failed"
    SUPERSEDED = "superseded"


OVER: Final = frozenset({TryState.PAID, TryState.FAILED, TryState.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new try freezes beside the payment's own sum.

    request: the start's, as JSON keeps it. secret_answers: of the payer, encrypted. asked: when its gateway is to be
        asked, None if it cannot be. key_lives: how long the gateway knows a reference as the same, None for ever.
    """

    merchant: str = ""
    is_test: bool = False
    request: Mapping[str, object] | None = None
    secret_answers: Mapping[str, str] | None = None
    asked: Asking | None = None
    key_lives: timedelta | None = None
    as_came: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """A try as frozen: what a gateway's message is compared with, and found by."""

    id: int
    reference: str
    reference_number: int
    external_reference: str
    request: Mapping[str, Any] = field(hash=False)
    secret_answers: Mapping[str, str] = field(hash=False)
    started_at: datetime


def begin(store: Store, scope: Scope, payment_id: int, method_id: int, draft: Draft, *, by: Actor) -> Try:
    """Store what is being started, before the provider is called; state `unknown` until the call ended.

    The same start again (Back, a second press) takes up the try that was stored before, with its own request.
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
        row = _present(session, payment_id, method_id, draft)
        if row is not None and key_is_over(of(row), draft, now(session)):
            row.state, row.query_at = TryState.SUPERSEDED, None
            row = None
        if row is None:
            row = _new(session, payment, method_id, draft)
        else:
            _take_up(row, draft.asked, now(session))
        return of(row)


def newest(session: Session, payment_id: int, method_id: int) -> Try | None:
    """Return the newest try of a payment with a method, over or not."""
    row = session.scalars(_newest(payment_id, method_id)).one_or_none()
    return of(row) if row is not None else None


def _newest(payment_id: int, method_id: int) -> Any:
    query = select(GatewayOperation).where(
        GatewayOperation.payment_id == payment_id, GatewayOperation.method_id == method_id
    )
    return query.order_by(GatewayOperation.id.desc()).limit(1)


def present(session: Session, payment_id: int, method_id: int, draft: Draft) -> Try | None:
    """Return the try that a start would take up, also one whose key's lifetime is over."""
    row = _present(session, payment_id, method_id, draft)
    return of(row) if row is not None else None


def key_is_over(found: Try, draft: Draft, at: datetime) -> bool:
    """Say whether the gateway may have forgotten the reference: the same start would be a second one to it."""
    return draft.key_lives is not None and at - found.started_at >= draft.key_lives


def _present(session: Session, payment_id: int, method_id: int, draft: Draft) -> GatewayOperation | None:
    """A try belongs to one shop: another merchant or test mode starts another."""
    mine = _newest(payment_id, method_id).where(GatewayOperation.merchant == draft.merchant)
    row: GatewayOperation | None = session.scalars(mine.where(GatewayOperation.is_test == draft.is_test)).one_or_none()
    return row if row is not None and row.state not in OVER else None


def _new(session: Session, payment: Payment, method_id: int, draft: Draft) -> GatewayOperation:
    number = _draw(session)
    row = GatewayOperation(
        reseller_id=payment.reseller_id,
        payment_id=payment.id,
        method_id=method_id,
        kind="start",
        reference=f"{number}-{''.join(secrets.choice(_LETTERS) for _each in range(8))}",
        reference_number=number,
        merchant=draft.merchant,
        amount_minor=sums.due(session, payment),
        currency=payment.currency,
        is_test=draft.is_test,
        as_came=draft.as_came,
        request=dict(draft.request or {}),
        secret_answers=dict(draft.secret_answers or {}),
        state=TryState.UNKNOWN,
        query_at=now(session) + draft.asked.first if draft.asked else None,
        created_at=now(session),
    )
    session.add(row)
    session.flush()
    return row


def _draw(session: Session) -> int:
    """Return a free number: drawn, so that a restored backup does not give those anew that a gateway knows already."""
    while True:
        number = _LEAST_NUMBER + secrets.randbelow(MOST_TRIES - _LEAST_NUMBER + 1)
        taken = select(GatewayOperation.id).where(GatewayOperation.reference_number == number)
        if session.execute(taken).one_or_none() is None:
            return number


def of(row: GatewayOperation) -> Try:
    """Return a try as a value."""
    return Try(
        id=row.id,
        reference=row.reference,
        reference_number=row.reference_number,
        external_reference=row.external_reference,
        request=dict(row.request),
        secret_answers=dict(row.secret_answers),
        started_at=row.created_at,
    )


def _take_up(row: GatewayOperation, asked: Asking | None, at: datetime) -> None:
    """Count another start. What was asked of the gateway meanwhile says nothing of it: it is asked after its end."""
    row.starts += 1
    if row.state == TryState.STARTED or asked is None:
        return
    if row.state == TryState.ABANDONED:
        row.state, row.queries = TryState.UNKNOWN, 0
    row.query_at = at + asked.first


def finish(
    store: Store, try_id: int, *, error: str = "", external_reference: str = "", asked: Asking | None = None
) -> None:
    """Store how a call to the provider ended. asked: as for `begin`: open tries are asked about, too."""
    with store.write() as session:
        row = fetch(session, GatewayOperation, try_id, lock=True)
        row.error = error[:500]
        row.external_reference = external_reference or row.external_reference
        if row.state in OVER:
            return  # a message came before the answer
        if not error:
            row.state = TryState.STARTED
            row.query_at = now(session) + asked.first if asked and asked.open else None
        elif row.starts == 1:
            row.state, row.query_at = TryState.FAILED, None
        if error:
            payment = fetch(session, Payment, row.payment_id)
            payments.note(session, payment, "payment.start_failed", SYSTEM, method_id=row.method_id)


def unseen(store: Store, try_id: int, *, error: str) -> None:
    """Store why the end of a call was not seen, for a manager to read; the try stays as it is."""
    with store.write() as session:
        fetch(session, GatewayOperation, try_id, lock=True).error = error[:500]
