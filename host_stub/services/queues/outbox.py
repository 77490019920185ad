"""The outbox: facts for receivers, written in the transaction that made them true."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from host_stub.persistence import Lane, Mail, Notice, Outbox
from host_stub.persistence.base import table_of
from host_stub.persistence.store import now

MAIL = "mail"
PROVISIONING = "provisioning"
RESETS = "password resets"
PLUGIN = "plugin:"


def enqueue(
    session: Session,
    receiver: str,
    lane: str,
    kind: str,
    payload: Mapping[str, object],
    *,
    reseller_id: int,
    sequence: int = 0,
) -> None:
    """Write a fact for one receiver, to be delivered after commit and in order within its lane.

    lane: whoever writes to the same lane holds the same lock (`account:<id>` under the account's row lock), or the
    lane is written once (`mail:<id>`).
    """
    session.add(
        Outbox(
            receiver=receiver,
            lane=lane,
            reseller_id=reseller_id,
            sequence=sequence,
            kind=kind,
            payload=dict(payload),
            created_at=now(session),
        )
    )
    session.flush()
    open_lane(session, receiver, lane, reseller_id=reseller_id)


def open_lane(session: Session, receiver: str, lane: str, *, reseller_id: int) -> None:
    """Make sure the lane exists, and lock it against a worker that is about to delete it as empty.

    The update that changes nothing is what takes the lock on PostgreSQL: with DO NOTHING a row is stranded when the
    finisher deletes the lane meanwhile.
    """
    at = now(session)
    lane_row = {"receiver": receiver, "lane": lane, "reseller_id": reseller_id, "ready_at": at, "set_at": at}
    session.execute(_opening(session.get_bind().dialect.name), {**lane_row, "tries": 0, "worker": ""})


# Statements that are run with every payment are made once: making them costs as much as running them.
@cache
def _opening(dialect: str) -> Insert:
    table = table_of(Lane)
    key, unchanged = [table.c.receiver, table.c.lane], {"ready_at": table.c.ready_at}
    return _insert(table, dialect).on_conflict_do_update(index_elements=key, set_=unchanged)


@cache
def _inserting_once(kind: type[Mail] | type[Notice], dialect: str) -> ReturningInsert[int]:
    table = table_of(kind)
    return _insert(table, dialect).on_conflict_do_nothing(index_elements=[table.c.once_key]).returning(table.c.id)


def _insert(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_once(session: Session, kind: type[Mail] | type[Notice], values: Mapping[str, object]) -> int | None:
    """Insert a row whose `once_key` is unique and return its id, or None if the key was used."""
    session.flush()
    folded = {"folded": Mail.folded_of(values)} if kind is Mail else {}
    statement = _inserting_once(kind, session.get_bind().dialect.name)
    found: int | None = session.execute(statement, {**values, **folded}).scalar_one_or_none()
    return found
