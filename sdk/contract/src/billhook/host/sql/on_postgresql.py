"""Watch a plugin's migrations on PostgreSQL.

Whatever a statement reads, writes or alters, it locks, also out of a CTE, a rule or a function, and holds until the
transaction ends. So the locks tell what was touched. The driver is kept from ending the transaction (psycopg).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from billhook.host.sql import statements
from billhook.host.sql.watch import ENDS, READS, Watch, replaced

OBJECTS: Final = """
    with ours as (select oid from pg_namespace where nspname = current_schema()), things as (
      select c.oid, c.relname as name, c.relkind, c.relfilenode, c.relrowsecurity, c.relacl
      from pg_class c join ours on ours.oid = c.relnamespace
    )
    select case when relkind in ('r', 'p') then 'table' else 'view' end, name, name,
        concat_ws(':', oid, relkind::text, relfilenode, relrowsecurity, relacl::text)
      from things where relkind not in ('i', 'I', 'S', 't')
    union all select 'sequence', s.name, coalesce(t.name, ''), concat_ws(':', s.relfilenode, s.relacl::text)
      from things s left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid
        and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
      left join things t on t.oid = d.refobjid where s.relkind = 'S'
    union all select 'column', c.name || '.' || a.attname, c.name,
        concat_ws(':', a.atttypid, a.atttypmod, a.attnotnull, a.attacl::text, pg_get_expr(d.adbin, d.adrelid))
      from pg_attribute a join things c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped
    union all select 'constraint', o.conname, c.name, pg_get_constraintdef(o.oid)
      from pg_constraint o join things c on c.oid = o.conrelid
    union all select 'index', i.name, c.name, pg_get_indexdef(i.oid)
      from pg_index x join things i on i.oid = x.indexrelid join things c on c.oid = x.indrelid
    union all select 'trigger', t.tgname, c.name, concat_ws(':', t.tgenabled::text, pg_get_triggerdef(t.oid))
      from pg_trigger t join things c on c.oid = t.tgrelid where not t.tgisinternal
    union all select 'rule', r.rulename, c.name, concat_ws(':', r.ev_enabled::text, pg_get_ruledef(r.oid))
      from pg_rewrite r join things c on c.oid = r.ev_class
    union all select 'function', p.proname, '', concat_ws(':', p.prosrc, p.proacl::text)
      from pg_proc p join ours on ours.oid = p.pronamespace
    union all select 'type', t.typname, '', t.typtype::text
      from pg_type t join ours on ours.oid = t.typnamespace where t.typtype in ('d', 'e')
"""

#: Every relation that is not the system's: its number, and the table that it is or belongs to.
_RELATIONS: Final = """
    select c.oid::bigint, t.relname, n.nspname = current_schema()
    from pg_class c
    left join pg_index x on x.indexrelid = c.oid
    left join pg_depend d on c.relkind = 'S' and d.classid = 'pg_class'::regclass and d.objid = c.oid
      and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    join pg_class t on t.oid = coalesce(x.indrelid, d.refobjid, c.oid)
    join pg_namespace n on n.oid = t.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
"""
_LOCKS: Final = """
    select relation::bigint, mode from pg_locks
    where locktype = 'relation' and pid = pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())
"""
#: What a lock is taken for, from the weakest to the strongest.
_MODES: Final = {
    "AccessShareLock": "reads",
    "RowShareLock": "locks rows of",
    "RowExclusiveLock": "changes rows of",
    "ShareUpdateExclusiveLock": "alters the table",
    "ShareLock": "alters the table",
    "ShareRowExclusiveLock": "refers to",
    "ExclusiveLock": "alters the table",
    "AccessExclusiveLock": "alters the table",
}
_REMEDIES: Final = {
    "refers to": "Keep the id in a plain sa.BigInteger column: the host changes its tables without you.",
    "reads": READS,
}

Look = Callable[[], None]
#: Tables by the number of a relation of theirs, and whether they stand where the host's do.
_Relations = Mapping[int, tuple[str, bool]]


@contextmanager
def watched(connection: sa.Connection, watch: Watch) -> Iterator[Look]:
    """Give what raises Touched if a table was touched that is not the plugin's: to be asked after each statement."""
    driver: Any = connection.connection.dbapi_connection
    ordinary = driver.cursor_factory

    def ask(query: str) -> list[Any]:
        with ordinary(driver) as cursor:
            rows: list[Any] = cursor.execute(query).fetchall()
        return rows

    known, held = _relations(ask), set(ask(_LOCKS))
    made: dict[int, tuple[str, bool]] = {}

    def look() -> None:
        new = sorted(set(ask(_LOCKS)) - held, key=lambda lock: list(_MODES).index(lock[1]), reverse=True)
        if not {number for number, _mode in new} <= known.keys() | made.keys():
            made.update(_relations(ask))
        for number, mode in new:
            name, here = known.get(number) or made.get(number) or ("", False)
            if name and not (here and watch.is_own(name)):
                does = _MODES[mode] if number in known else "creates"
                raise watch.refuse(f"it {does} {name}", *([_REMEDIES[does]] if does in _REMEDIES else []))

    with _driver_kept(driver, watch):
        yield look


def _relations(ask: Callable[[str], list[Any]]) -> _Relations:
    return {number: (name, here) for number, name, here in ask(_RELATIONS)}


@contextmanager
def _driver_kept(driver: Any, watch: Watch) -> Iterator[None]:
    """The driver sends what SQLAlchemy sends, and ends nothing."""
    ordinary, of_server = driver.cursor_factory, driver.server_cursor_factory

    class Watched(ordinary):  # type: ignore[misc,valid-type]
        """A cursor that sends what the watch has let through."""

        def execute(self, *arguments: Any, **more: Any) -> Any:
            return self._through(super().execute, *arguments, **more)

        def executemany(self, *arguments: Any, **more: Any) -> Any:
            return self._through(super().executemany, *arguments, **more)

        def stream(self, *arguments: Any, **more: Any) -> Any:
            return self._through(super().stream, *arguments, **more)

        def copy(self, *arguments: Any, **more: Any) -> Any:
            return self._through(super().copy, *arguments, **more)

        def _through(self, send: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
            if not watch.text:
                raise watch.refuse_bypass()
            return send(*arguments, **more)

    def no_cursor(*_arguments: object, **_more: object) -> None:
        raise watch.refuse_bypass()

    close = driver.close

    def closing() -> None:
        watch.refuse(ENDS, statements.TRANSACTION)
        close()  # which keeps nothing, where a connection left open would keep its locks

    driver.cursor_factory, driver.server_cursor_factory = Watched, no_cursor
    try:
        with replaced(driver, commit=watch.refuse_end, rollback=watch.refuse_end, close=closing):
            yield
    finally:
        driver.cursor_factory, driver.server_cursor_factory = ordinary, of_server
