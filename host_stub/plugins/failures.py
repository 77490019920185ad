"""What went wrong in plugins, kept for the operator: one row per plugin and place, with how often it happened."""

from __future__ import annotations

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from host_stub.persistence import PluginFailure, Store
from host_stub.persistence.store import now

_log = structlog.get_logger("billhook.plugins")
_LONGEST = 500


def record(store: Store, plugin: str, place: str, error: str) -> None:
    """Count a failure in a short transaction of its own. A database that is down is logged: the caller goes on."""
    try:
        with store.write() as session:
            count(session, plugin, place, error)
    except SQLAlchemyError as trouble:
        _log.error("plugin failure not recorded", plugin=plugin, place=place, trouble=type(trouble).__name__)


def forget(store: Store, plugin: str, place: str) -> None:
    """Forget what failed at a place: it works by now."""
    with store.read() as session:
        if session.get(PluginFailure, (plugin, place)) is None:
            return
    with store.write() as session:
        session.execute(delete(PluginFailure).where(PluginFailure.plugin == plugin, PluginFailure.place == place))


def count(session: Session, plugin: str, place: str, error: str) -> None:
    """Count a failure inside a unit. place: hook, provider method or `load`."""
    at = now(session)
    dialect = session.get_bind().dialect.name
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(PluginFailure)
    values = {"error": error[:_LONGEST], "last_at": at}
    session.execute(
        insert.values(plugin=plugin, place=place, count=1, first_at=at, **values).on_conflict_do_update(
            index_elements=[PluginFailure.plugin, PluginFailure.place],
            set_={**values, "count": PluginFailure.count + 1},
        )
    )
