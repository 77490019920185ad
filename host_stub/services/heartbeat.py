"""A worker's sign of life: its absence is shown to the operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from host_stub.persistence import Store, Worker
from host_stub.persistence.store import now

#: A worker that has been silent for so long is no longer listed.
FORGOTTEN_AFTER: Final = timedelta(days=7)


def beat(store: Store, name: str, started_at: datetime) -> None:
    """Say that the worker is alive, and forget those that went long ago."""
    with store.write() as session:
        row = session.get(Worker, name)
        if row is None:
            session.add(Worker(name=name, started_at=started_at, beat_at=now(session)))
        else:
            row.started_at, row.beat_at = started_at, now(session)
        session.flush()
        session.execute(delete(Worker).where(Worker.beat_at < now(session) - FORGOTTEN_AFTER))


def leave(store: Store, name: str) -> None:
    """Say that the worker went on purpose."""
    with store.write() as session:
        session.execute(delete(Worker).where(Worker.name == name))
