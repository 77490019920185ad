"""Accounts that cannot be charged: contained, shown, tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from host_stub.domain.actors import SYSTEM
from host_stub.domain.instants import SKEW
from host_stub.persistence import Account, ChargingFailure, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.telling.journal import log

_FIRST_REST: Final = timedelta(minutes=1)
_LONGEST_REST: Final = timedelta(hours=1)

_logger = structlog.get_logger(__name__)


def resting(session: Session, account_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition that a row's account failed a moment ago and is left alone for now.

    A failure that lies ahead was noted by a clock that has been set back since: it keeps nobody.
    """
    failed = select(ChargingFailure.account_id).where(ChargingFailure.account_id == account_id)
    return failed.where(
        ChargingFailure.retry_at > now(session), ChargingFailure.last_at <= now(session) + SKEW
    ).exists()


def note(store: Store, account_id: int, error: Exception) -> None:
    """Remember that an account could not be charged, and put off the next try; the first time it enters its log."""
    text = f"{type(error).__name__}: {error}".splitlines()[0][:500]
    _logger.error("charging_failed", account_id=account_id, error=text)
    with store.write() as session:
        account = fetch(session, Account, account_id, lock=True)  # several workers may fail at once
        failure = session.get(ChargingFailure, account_id)
        at = now(session)
        if failure is None:
            failure = ChargingFailure(
                account_id=account_id, reseller_id=account.reseller_id, error=text, count=0, first_at=at
            )
            session.add(failure)
            log(
                session,
                "account",
                account_id,
                "account.charging_failed",
                reseller_id=account.reseller_id,
                by=SYSTEM,
                error=text,
            )
        failure.error, failure.last_at = text, at
        failure.retry_at = at + min(_FIRST_REST * 2 ** min(failure.count, 10), _LONGEST_REST)
        failure.count += 1


def among(session: Session, account_ids: Sequence[int]) -> set[int]:
    """Return those of the accounts that have failed and not been charged since."""
    query = select(ChargingFailure.account_id).where(ChargingFailure.account_id.in_(account_ids))
    return set(session.scalars(query))


def clear(store: Store, account_id: int) -> None:
    """Forget a failure: the account was charged."""
    with store.write() as session:
        failure = session.get(ChargingFailure, account_id)
        if failure is not None:
            session.delete(failure)


def failing(session: Session, *, limit: int = 100) -> list[ChargingFailure]:
    """Return the accounts of the unit's scope that cannot be charged, those that failed longest first."""
    return list(session.scalars(select(ChargingFailure).order_by(ChargingFailure.first_at).limit(limit)))
