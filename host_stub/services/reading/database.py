"""The database itself: whether its migrations are those of this panel."""

from __future__ import annotations

from sqlalchemy.orm import Session

from host_stub.persistence.migrate import Version, version_on

__all__ = ["Version", "version"]


def version(session: Session) -> Version:
    return version_on(session.connection())
