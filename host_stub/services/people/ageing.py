"""How sessions and links grow old: swept when they are out of time, read anew after a clock that was ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import delete, or_, select

from host_stub.domain.instants import SKEW, lies_ahead
from host_stub.persistence import LoginToken, Store, WebSession
from host_stub.persistence.store import now
from host_stub.services.people import limits

#: A link that no longer works is known for so long: its page shows whose it was.
LINKS_KEPT: Final = timedelta(days=30)

_logger = structlog.get_logger(__name__)


def sweep(store: Store) -> int:
    """Delete sessions, links and counts that are out of time. Only by a clock that is believed: it is for ever."""
    with store.write() as session:
        at = now(session)
        session.execute(delete(WebSession).where(WebSession.expires_at <= at))
        session.execute(delete(LoginToken).where(LoginToken.expires_at <= at - LINKS_KEPT))
        limits.purge(session)
    return 0


def reread(store: Store, *, limit: int = 1000) -> int:
    """Let what was opened or used by a clock that has been set back live from now on, as long as it was meant to.

    Otherwise a session would outlive its idle time, and a link its hour, by the whole step. limit: of each, at once.
    """
    with store.read() as session:
        ahead = now(session) + SKEW
        sessions = select(WebSession.token_hash).where(or_(WebSession.seen_at > ahead, WebSession.created_at > ahead))
        links = select(LoginToken.token_hash).where(LoginToken.created_at > ahead, LoginToken.used_at.is_(None))
        opened, sent = session.scalars(sessions.limit(limit)).all(), session.scalars(links.limit(limit)).all()
    for token_hash in opened:
        with store.write() as session:
            of_session = session.get(WebSession, token_hash, with_for_update=True)
            if of_session is not None:
                of_session.seen_at = min(of_session.seen_at, now(session))
                _begin_anew(of_session, now(session))
    for token_hash in sent:
        with store.write() as session:
            link = session.get(LoginToken, token_hash, with_for_update=True)
            if link is not None:
                _begin_anew(link, now(session))
    if opened or sent:
        _logger.warning("sign_ins_read_anew", sessions=len(opened), links=len(sent))
    return 0  # nothing follows from it


def _begin_anew(row: WebSession | LoginToken, at: datetime) -> None:
    if lies_ahead(row.created_at, at):
        row.created_at, row.expires_at = at, at + (row.expires_at - row.created_at)
