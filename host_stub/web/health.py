"""`/healthz`: whether the database answers, a worker lives, and who has to be restarted. For monitors; nothing else.

Anybody can read it: no versions, no names of machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from host_stub.persistence import Worker
from host_stub.plugins.plugin_sets import WEB, Outdated
from host_stub.services import work_queue
from host_stub.web import restarts
from host_stub.web.panel import panel

bp = Blueprint("health", __name__)

#: A worker that was silent for longer is missing.
SILENCE: Final = timedelta(minutes=2)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    try:
        with panel().store.read() as session:
            beat = session.scalars(select(func.max(Worker.beat_at))).one()
            hearts = work_queue.workers(session)
    except SQLAlchemyError:
        return {"database": "down"}, 503
    age = None if beat is None else int((panel().store.now() - beat).total_seconds())
    alive = age is not None and age <= SILENCE.total_seconds()
    told: dict[str, Any] = {"database": "up", "worker": "alive" if alive else "missing", "worker_age_seconds": age}
    if outdated := restarts.needed(hearts):
        told["restart"] = _reasons(outdated)
    return told


def _reasons(outdated: Sequence[Outdated]) -> dict[str, list[str]]:
    """Return why, by kind of process: `{"worker": ["ledger_notes was changed"]}`."""
    reasons: dict[str, set[str]] = {}
    for each in outdated:
        kind = WEB if each.process == WEB else "worker"
        reasons.setdefault(kind, set()).update(f"{d.plugin} was {d.change}" for d in each.differences)
    return {kind: sorted(words) for kind, words in reasons.items()}
