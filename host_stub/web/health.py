"""`/healthz`: whether the database answers, work gets done, and who has to be restarted. For monitors; nothing else.

Anybody can read it: no versions, no names of machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from host_stub.plugins.plugin_sets import WEB, Outdated
from host_stub.services import work_queue
from host_stub.services.work_queue import WorkState
from host_stub.web import restarts
from host_stub.web.panel import panel

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    try:
        with panel().store.read() as session:
            hearts = work_queue.workers(session)
            state = work_queue.work_state(session)
    except SQLAlchemyError:
        return {"database": "down"}, 503
    age = None if state.age is None else int(state.age.total_seconds())
    told: dict[str, Any] = {"database": "up", "worker": _worker(state), "worker_age_seconds": age}
    if state.stuck:
        told["stuck"] = sorted(job.name for job in state.stuck)
    if state.doubted is not None:
        told["clock"] = "doubted"
    if state.mail:
        told["mail"] = "down"
    if outdated := restarts.needed(hearts):
        told["restart"] = _reasons(outdated)
    return told


def _worker(state: WorkState) -> str:
    if not state.alive:
        return "missing"
    return "stuck" if state.stuck else "alive"


def _reasons(outdated: Sequence[Outdated]) -> dict[str, list[str]]:
    """Return why, by kind of process: `{"worker": ["ledger_notes was changed"]}`."""
    reasons: dict[str, set[str]] = {}
    for each in outdated:
        kind = WEB if each.process == WEB else "worker"
        reasons.setdefault(kind, set()).update(f"{d.plugin} was {d.change}" for d in each.differences)
    return {kind: sorted(words) for kind, words in reasons.items()}
