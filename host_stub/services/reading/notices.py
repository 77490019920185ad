"""Messages to the people of an account, until somebody dismisses them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import Notice as Row


@dataclass(frozen=True, slots=True)
class Notice:
    """url: where its button leads; empty without one."""

    id: int
    title: str
    text: str
    url: str


def standing(session: Session, account_id: int, most: int) -> list[Notice]:
    """Return the newest messages that nobody dismissed."""
    query = (
        select(Row).where(Row.account_id == account_id, Row.dismissed_at.is_(None)).order_by(Row.id.desc()).limit(most)
    )
    return [Notice(row.id, row.title, row.text, row.url) for row in session.scalars(query)]
