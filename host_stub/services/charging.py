"""Charging, credit hold, activation, stop and resume."""

from __future__ import annotations

from sqlalchemy.orm import Session

from host_stub.persistence import Account


def settle(session: Session, account: Account) -> None:
    """Decide anew what the balance of a locked account allows, after a single movement."""
