"""A worker's sign of life: its absence is shown to the operator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from host_stub.persistence import Store, Worker
from host_stub.persistence.store import now

#: A worker that has been silent for so long is no longer listed.
FORGOTTEN_AFTER: Final = timedelta(days=7)


def beat(store: Store, name: str, started_at: datetime, plugins: Mapping[str, str] | None = None) -> None:
    """Say that the worker is alive, and forget those that went long ago.

    plugins: what it found installed when it started, name → version.
    """
    told = None if plugins is None else dict(plugins)
    with store.write() as session:
        row = session.get(Worker, name)
        if row is None:
            session.add(Worker(name=name, started_at=started_at, beat_at=now(session), plugins=told))
        else:
            row.started_at, row.beat_at, row.plugins = started_at, now(session), told
        session.flush()
        session.execute(delete(Worker).where(Worker.beat_at < now(session) - FORGOTTEN_AFTER))


def leave(store: Store, name: str) -> None:
    """Say that the worker went on purpose."""
    with store.write() as session:
        session.execute(delete(Worker).where(Worker.name == name))
