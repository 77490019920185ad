"""A worker's sign of life, and how its jobs do: what stands still is shown to the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, or_

from host_stub.persistence import Store, Worker
from host_stub.persistence.store import now

#: A worker that has been silent for so long is no longer listed.
FORGOTTEN_AFTER: Final = timedelta(days=7)
#: A beat that is ahead by more is of a clock that has been set back since: who lives beats anew within seconds.
AHEAD: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class JobState:
    """A job of a worker. idle_seconds: since its last step that ended well. error: why the last one did not."""

    name: str
    idle_seconds: int
    stuck: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a worker says of itself.

    clock: a Belief. ahead_seconds: by how much its clock is beyond the last work, while it is not believed.
    mail: why no mail leaves, in the mail server's words. silent: addresses of services that do not answer.
    """

    jobs: Sequence[JobState] = ()
    clock: str = "believed"
    ahead_seconds: int = 0
    mail: str = ""
    silent: Sequence[str] = field(default=())

    @property
    def stuck(self) -> list[JobState]:
        return [job for job in self.jobs if job.stuck]

    @classmethod
    def read(cls, stored: Any) -> Told:
        """Return what was stored; of an older worker, nothing."""
        if not stored:
            return cls()
        return cls(**{**stored, "jobs": [JobState(**job) for job in stored["jobs"]]})


def beat(
    store: Store,
    name: str,
    started_at: datetime,
    plugins: Mapping[str, str] | None = None,
    *,
    told: Told | None = None,
) -> None:
    """Say that the worker is alive and how it does, and forget those that went long ago.

    plugins: what it found installed when it started, name → version.
    """
    found = None if plugins is None else dict(plugins)
    state = asdict(told) if told is not None else None
    with store.write() as session:
        row = session.get(Worker, name)
        if row is None:
            row = Worker(name=name)
            session.add(row)
        row.started_at, row.beat_at = started_at, now(session)
        row.plugins, row.told = found, state
        session.flush()
        gone = or_(Worker.beat_at < row.beat_at - FORGOTTEN_AFTER, Worker.beat_at > row.beat_at + AHEAD)
        session.execute(delete(Worker).where(gone))


def leave(store: Store, name: str) -> None:
    """Say that the worker went on purpose."""
    with store.write() as session:
        session.execute(delete(Worker).where(Worker.name == name))
