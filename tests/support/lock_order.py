"""The order of locks, watched in every unit of every test, on both databases: a reseller's row before any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Select, event
from sqlalchemy.orm import ORMExecuteState, Session

from host_stub.persistence import Reseller

_FIRST = Reseller.__tablename__


@contextmanager
def resellers_before_all_else() -> Iterator[None]:
    """Fail in the unit that locks a reseller's row after another row, whether or not anybody was in its way."""
    event.listen(Session, "do_orm_execute", _watch)
    try:
        yield
    finally:
        event.remove(Session, "do_orm_execute", _watch)


def _watch(state: ORMExecuteState) -> None:
    statement = state.statement
    if not isinstance(statement, Select) or statement._for_update_arg is None:
        return
    held = state.session.info.setdefault("locked", set())
    tables = {getattr(each, "name", "") for each in statement.columns_clause_froms}
    if _FIRST in tables and held and _FIRST not in held:
        raise AssertionError(f"a reseller is locked after {sorted(held)}: see open_resellers.must_be_open")
    held |= tables
