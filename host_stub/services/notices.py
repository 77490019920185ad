"""Messages in the panel, and when nobody needs them any more, nor the mails beside them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.orm import Session

from host_stub.persistence import Account, Notice
from host_stub.persistence.store import now
from host_stub.services import mail_life


def take_down(session: Session, account: Account) -> None:
    """Dismiss what asks for money: it has come, or the credit hold now says so on every page."""
    waiting = update(Notice).where(Notice.account_id == account.id, Notice.dismissed_at.is_(None))
    session.execute(waiting.values(dismissed_at=now(session)).execution_options(synchronize_session=False))
    mail_life.overtake_requests(session, account)


def of_plugin(plugin: str) -> ColumnElement[bool]:
    """Return what picks the messages that a plugin has put up and nobody dismissed."""
    return and_(Notice.category == f"plugin:{plugin}", Notice.dismissed_at.is_(None))


def withdraw(session: Session, plugin: str) -> None:
    """Dismiss what a plugin has put up: its buttons lead nowhere once it is gone."""
    waiting = update(Notice).where(of_plugin(plugin))
    session.execute(waiting.values(dismissed_at=now(session)).execution_options(synchronize_session=False))
