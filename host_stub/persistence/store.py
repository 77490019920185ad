"""The store: engine, units of work, and the tenant scope, in one place.

Every transaction that writes begins IMMEDIATE on SQLite; a read unit is read-only by the database's own means. A unit
belongs to a scope: rows of other resellers are neither seen nor written, whatever the query says; the operator's are
seen by everybody and written by nobody else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import local
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Select, bindparam, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from host_stub.adapters.clock import Clock, SystemClock
from host_stub.domain.errors import NotFound
from host_stub.domain.listening import Listening
from host_stub.domain.scope import Scope
from host_stub.persistence.base import Base, OfOperator, OfReseller

_SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # Without it, INSERT OR REPLACE deletes rows past the append-only triggers.
    "PRAGMA recursive_triggers=ON",
    "PRAGMA busy_timeout=30000",
)


EVERYTHING: Final = Scope(None)

Row = TypeVar("Row", bound=Base)


@dataclass(slots=True)
class _Page:
    """The read unit of a request. asking: how many blocks read in it just now."""

    session: Session
    ends: ExitStack
    asking: int = field(default=0)


class Store:
    """The database with its clock.

    base_url: the panel's configured address, without a trailing slash; links in mails are built from it.
    """

    def __init__(self, engine: Engine, clock: Clock, listening: Listening | None = None, base_url: str = "") -> None:
        self.engine = engine
        self._reading = engine.execution_options(read_unit=True, **_read_only(engine))
        self._still = self._reading.execution_options(**_one_instant(engine))
        self.clock = clock
        self.listening = listening or Listening()
        self.base_url = base_url
        self._pages = local()

    def now(self) -> datetime:
        return self.clock.now()

    def ticks(self) -> float:
        """Return seconds that only ever grow: what waits in this process alone waits by them."""
        return self.clock.ticks()

    @contextmanager
    def write(self, scope: Scope = EVERYTHING) -> Iterator[Session]:
        """Open a writing unit; commits at the end, rolls back on any exception.

        What this thread's request has read need not be true any more: its unit ends, the next question opens another.
        """
        self.end_page()
        if self.has_page:
            raise RuntimeError("a request writes while it reads")
        with Session(self.engine, expire_on_commit=False, info=self._info(scope)) as session, session.begin():
            yield session

    @contextmanager
    def read(self, scope: Scope = EVERYTHING) -> Iterator[Session]:
        """Open a read unit: one snapshot on SQLite; the database refuses writes."""
        with Session(self._reading, expire_on_commit=False, info=self._info(scope)) as session, session.begin():
            yield session

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve one request in this thread: what it reads by `page` within the block is read in one unit."""
        self._pages.serves, self._pages.open = True, None
        try:
            yield
        finally:
            self._pages.serves = False
            self._close_page()

    @contextmanager
    def page(self, scope: Scope | None = None) -> Iterator[Session]:
        """Read in the one unit of the request that this thread serves: the first question opens it.

        scope: None takes what the unit has. Once it is known who asks, the unit goes on in their scope and forgets what
        it has found out before. It never widens, nor changes under an open question: what is asked in another scope
        then gets a unit of its own, and so does every question of a thread that serves no request.
        The unit ends with the request, at a write, and at an exception. Whoever calls a plugin or draws ends it first.
        """
        page = self._page(scope)
        if page is None or not _goes_on(page, scope):
            with self.read(scope or EVERYTHING) as apart:
                yield apart
            return
        page.asking += 1
        try:
            yield page.session
        except BaseException as error:
            page.asking -= 1
            if not page.asking:
                self._close_page(error)
            raise
        page.asking -= 1

    def _page(self, scope: Scope | None) -> _Page | None:
        if not getattr(self._pages, "serves", False):
            return None
        if self._pages.open is None:
            ends = ExitStack()
            self._pages.open = _Page(ends.enter_context(self.read(scope or EVERYTHING)), ends)
        page: _Page = self._pages.open
        return page

    @property
    def has_page(self) -> bool:
        """Whether the request of this thread has its unit open."""
        return getattr(self._pages, "open", None) is not None

    def end_page(self) -> None:
        """End the unit of this thread's request, unless something is just being read in it."""
        page: _Page | None = getattr(self._pages, "open", None)
        if page is not None and not page.asking:
            self._close_page()

    def _close_page(self, error: BaseException | None = None) -> None:
        page: _Page | None = self._pages.open
        self._pages.open = None
        if page is not None:
            page.ends.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read unit over everybody's rows that sees one instant, however many statements it takes."""
        with self._still.connect() as connection, connection.begin():
            yield connection

    def _info(self, scope: Scope) -> dict[str, Any]:
        return {"scope": scope, "clock": self.clock, "listening": self.listening, "base_url": self.base_url}

    def close(self) -> None:
        self.engine.dispose()


def _goes_on(page: _Page, scope: Scope | None) -> bool:
    """Bring a request's unit into a scope, if that does not widen it; say whether it is in it now."""
    session = page.session
    was: Scope = session.info["scope"]
    if scope is None or was == scope:
        return True
    if was.reseller_id is not None or page.asking:
        return False
    session.info.pop("known", None)
    for row in list(session.identity_map.values()):
        if isinstance(row, OfReseller) and row.reseller_id != scope.reseller_id:
            session.expunge(row)
    session.info["scope"] = scope
    return True


def _read_only(engine: Engine) -> dict[str, Any]:
    return {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}


def _one_instant(engine: Engine) -> dict[str, Any]:
    """Return what makes a read unit one snapshot; on SQLite it is one already."""
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


def open_store(url: str, clock: Clock | None = None, *, pool_size: int = 10, base_url: str = "") -> Store:
    """Open the database at an SQLAlchemy URL (`sqlite:///path`, `postgresql://…`, which means psycopg 3)."""
    return Store(make_engine(url, pool_size=pool_size), clock or SystemClock(), base_url=base_url)


def make_engine(url: str | URL, *, pool_size: int = 10, create: bool = False) -> Engine:
    """Return the one kind of engine that web, worker, command line and migrations use.

    create: make the file of an SQLite database that is not there, as migrations do. Nobody else does: behind a mistyped
    path would stand an empty database.
    """
    parsed = make_url(url)
    # Values of a failed statement would stand in the log with their secrets.
    # Enough for every thread of a web process, and for what plugins read in threads of their own meanwhile.
    common: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 30, "hide_parameters": True}
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, **common)
    engine = create_engine(parsed, connect_args={"isolation_level": None, "timeout": 30}, **common)
    if not create:
        event.listen(engine, "do_connect", _refuse_a_missing_file)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _refuse_a_missing_file(_dialect: Any, _record: Any, arguments: Any, _named: Any) -> None:
    path = str(arguments[0])
    if path != ":memory:" and not path.startswith("file:") and not Path(path).exists():
        raise sqlite3.OperationalError(f"there is no database at {path}; `host_stub migrate` makes a new one")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("read_unit", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def now(session: Session) -> datetime:
    """Return the instant at which the unit stands: a charge is posted at the very one at which it was found to fit.

    The first question sets it, by the store's clock; `catch_up` moves it.
    """
    if "now" not in session.info:
        clock: Clock = session.info["clock"]
        session.info["now"] = clock.now()
    instant: datetime = session.info["now"]
    return instant


def ticks(session: Session) -> float:
    """Return the seconds of the steady clock, as of the unit's store."""
    clock: Clock = session.info["clock"]
    return clock.ticks()


def catch_up(session: Session) -> None:
    """Let the unit stand at the present instant again: it may have waited for a lock."""
    session.info.pop("now", None)


def listening(session: Session) -> Listening:
    """Return what plugins listen to, as of the unit's store."""
    known: Listening = session.info["listening"]
    return known


def base_url(session: Session) -> str:
    """Return the panel's configured address, as of the unit's store."""
    return str(session.info["base_url"])


@event.listens_for(Session, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    scope: Scope = state.session.info.get("scope", EVERYTHING)
    if scope.reseller_id is None or state.is_column_load or state.is_relationship_load:
        return
    if not state.is_select and any(issubclass(mapper.class_, OfOperator) for mapper in state.all_mappers):
        raise AssertionError(f"a row of the operator's is written in the unit of {scope}")
    reseller_id = scope.reseller_id
    state.statement = state.statement.options(
        with_loader_criteria(OfReseller, lambda row: row.reseller_id == reseller_id, include_aliases=True)
    )


@event.listens_for(Session, "before_flush")
def _write_only_own_rows(session: Session, _context: Any, _instances: Any) -> None:
    scope: Scope = session.info.get("scope", EVERYTHING)
    if scope.reseller_id is None:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, OfOperator):
            raise AssertionError(f"{type(row).__name__} is written in the unit of {scope}")
        if isinstance(row, OfReseller) and row.reseller_id != scope.reseller_id:
            raise AssertionError(f"{type(row).__name__} of reseller {row.reseller_id} in the unit of {scope}")


@cache
def _by_id(kind: type[Any], lock: bool) -> Select[Any]:
    query = select(kind).where(kind.id == bindparam("row_id"))
    if lock:
        # NO KEY UPDATE: rows that merely point here (a mail, a log line) may be written meanwhile.
        return query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return query.execution_options(autoflush=False)  # what was not loaded was not changed


def fetch(session: Session, kind: type[Row], row_id: int, *, lock: bool = False) -> Row:
    """Return the row with this id, if the unit's scope sees it.

    lock: hold it until the unit ends (`FOR NO KEY UPDATE`; on SQLite the unit already holds the only write lock), and
    re-read it if it was loaded before.
    Raises NotFound, the same for a missing row and for somebody else's.
    """
    # A row that this unit has loaded passed its scope then, and is not asked for again.
    loaded: Row | None = None if lock else session.identity_map.get(session.identity_key(kind, row_id))
    if loaded is not None:
        return loaded
    row: Row | None = session.scalars(_by_id(kind, lock), {"row_id": row_id}).one_or_none()
    if lock:
        catch_up(session)
    if row is None:
        raise NotFound(kind.__name__, row_id)
    keep(session, row)
    return row


def known(session: Session) -> dict[str, Any]:
    """Return what a read unit has found out and need not ask again, by the names of those who asked."""
    found: dict[str, Any] = session.info.setdefault("known", {})
    return found


def keep(session: Session, *found: Base) -> None:
    """Hold rows for the unit, so that `fetch` knows them: by itself a session refers to its rows weakly."""
    session.info.setdefault("fetched", []).extend(found)
