"""Who will stop within the day, kept by the worker for resellers with too many services to look at for every page."""

from __future__ import annotations

from itertools import islice
from typing import Final

from sqlalchemy import select, update

from host_stub.persistence import Account, Store
from host_stub.persistence.store import now
from host_stub.services.reading import work_queue

_BATCH: Final = 500


def keep(store: Store) -> int:
    """Mark the accounts whose services will stop within the day, and no others; return how many marks changed.

    In short transactions: whoever charges meanwhile waits for one batch at most. Lists of many may be as old as the
    last call.
    """
    with store.read() as session:
        at = now(session)
        found = set(session.scalars(work_queue.stopping_soon(at).with_only_columns(Account.id)))
        marked = set(session.scalars(select(Account.id).where(Account.stopping_since.is_not(None))))
    changes = iter(
        [*((each, at) for each in sorted(found - marked)), *((each, None) for each in sorted(marked - found))]
    )
    changed = 0
    while batch := list(islice(changes, _BATCH)):
        with store.write() as session:
            for since in (at, None):
                ids = [account_id for account_id, mark in batch if mark == since]
                session.execute(update(Account).where(Account.id.in_(ids)).values(stopping_since=since))
        changed += len(batch)
    return changed
