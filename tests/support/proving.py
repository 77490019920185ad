"""The proof of the ledger, for tests that look at something else and move money meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from host_stub.persistence.store import now
from host_stub.services.books.proof import Check, Surroundings, examine, ledger


def doubts(session: Session, checks: Sequence[Check] = ledger.CHECKS) -> list[str]:
    """Return what checks find, in words; empty when all is well."""
    session.flush()
    around = Surroundings(now(session))
    results = [examine(session.connection(), check, around) for check in checks]
    return [f"{result.name}: {finding}" for result in results for finding in result.shown]
