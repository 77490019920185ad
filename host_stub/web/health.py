"""`/healthz`: whether the panel can work: database, migrations, worker, clock, disk, keys, and who has to be restarted.

503 if it cannot take money: no database, one of another version, or a full disk. For monitors; nothing else. Anybody
can read it: words, and for how long no worker was heard; versions, sizes and names of machines stand in `/metrics` and
the doctor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from host_stub.adapters import disk
from host_stub.adapters.keys import KeyFileError, load_key_file
from host_stub.plugins.plugin_sets import WEB, Outdated
from host_stub.services.reading import database, work_queue
from host_stub.services.reading.database import Version
from host_stub.services.reading.work_queue import WorkState
from host_stub.web import restarts
from host_stub.web.panel import panel

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    try:
        with panel().store.page() as session:
            version = database.version(session)
            hearts = work_queue.workers(session)
            state = work_queue.work_state(session, hearts)
    except SQLAlchemyError:
        return {"database": "down", "disk": disk.worst(panel().config.disks()).value}, 503
    age = None if state.age is None else int(state.age.total_seconds())
    room = disk.worst(panel().config.disks())
    told: dict[str, Any] = {
        "database": "up" if version is Version.CURRENT else version.value,
        "worker": _worker(state),
        "worker_age_seconds": age,
        "disk": room.value,
        "keys": "ok" if _keys_are_there() else "unreadable",
        **_troubles(state),
    }
    if outdated := restarts.needed(hearts):
        told["restart"] = _reasons(outdated)
    works = version is Version.CURRENT and room is not disk.Room.FULL
    return told, 200 if works else 503


def _keys_are_there() -> bool:
    """Say whether the next process would find the keys that this one has."""
    config = panel().config
    try:
        return load_key_file(config.key_file, demo=config.demo) == panel().keys
    except (KeyFileError, OSError):
        return False


def _troubles(state: WorkState) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if state.stuck:
        told["stuck"] = sorted(job.name for job in state.stuck)
    if state.doubted is not None:
        told["clock"] = "doubted"
    if state.mail:
        told["mail"] = "down"
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
