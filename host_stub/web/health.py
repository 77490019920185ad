"""`/healthz`: whether the database answers and a worker lives. For monitors; it tells nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from host_stub.persistence import Worker
from host_stub.web.panel import panel

bp = Blueprint("health", __name__)

#: A worker that was silent for longer is missing.
SILENCE: Final = timedelta(minutes=2)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    try:
        with panel().store.read() as session:
            beat = session.scalars(select(func.max(Worker.beat_at))).one()
    except SQLAlchemyError:
        return {"database": "down"}, 503
    age = None if beat is None else int((panel().store.now() - beat).total_seconds())
    alive = age is not None and age <= SILENCE.total_seconds()
    return {"database": "up", "worker": "alive" if alive else "missing", "worker_age_seconds": age}
