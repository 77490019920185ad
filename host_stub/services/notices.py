"""Messages in the panel that ask a customer for money, and when nobody needs them any more."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from host_stub.persistence import Account, Notice
from host_stub.persistence.store import now


def take_down(session: Session, account: Account) -> None:
    """Dismiss what asks for money: it has come, or the credit hold now says so on every page."""
    waiting = update(Notice).where(Notice.account_id == account.id, Notice.dismissed_at.is_(None))
    session.execute(waiting.values(dismissed_at=now(session)).execution_options(synchronize_session=False))
