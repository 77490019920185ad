"""What the database itself guarantees about money: the triggers that a migrated database has today, and whether it has.

And whether anything else stands between a statement and the tables: triggers and rules of others, filters on rows, a
session in which triggers are silent.

Legs are written first and the header last: the trigger on the header checks the balance, and the deferred foreign key
of a leg refuses to commit without a header. Nothing is updated or deleted.

Nothing here makes a trigger: each stands in the revision that made it, for ever. A change is a new revision and the new
text here; `devtools.check_migrations` says whether the two agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, RowMapping, text

from host_stub.persistence.base import Base

APPEND_ONLY: Final = ("ledger_transaction", "entry", "charge", "arrival_decision", "log_entry")
_UNBALANCED: Final = (
    "exists (select 1 from (select sum(amount_minor) as total, count(*) as legs from entry "
    "where transaction_id = NEW.id and reseller_id = NEW.reseller_id group by currency) as sums where total <> 0)"
)
_TOO_FEW_LEGS: Final = (
    "(select count(*) from entry where transaction_id = NEW.id and reseller_id = NEW.reseller_id) < 2"
)
_HEADER_EXISTS: Final = "exists (select 1 from ledger_transaction where id = NEW.transaction_id)"
#: An arrival and its messages stay; of what was said nothing moves but the counter of deliveries.
_STAYS: Final = ("arrival", "arrival_message")
_FACTS: Final = (
    "before update of door, origin, key, method_id, payment_id, amount_minor, currency, is_test, reference, "
    "order_number, order_key, order_date, payer_inn, payer_name, day, details, received_at, received_by on arrival"
)
_SAID: Final = (
    "before update of arrival_id, method_id, payment_id, digest, reference, amount_minor, currency, is_test, body, "
    "reason, received_at on arrival_message"
)
_DECIDED: Final = "before update of state, waits, decisions, credited_minor on arrival"
_UNDECIDED: Final = (
    "not exists (select 1 from arrival_decision where arrival_id = NEW.id and n = NEW.decisions "
    "and state = NEW.state and waits = NEW.waits and credited_minor = NEW.credited_minor)"
)
_FROZEN: Final = (
    "before update of version, issued_at, issued_on, content, sha256, frozen, stated, seller, seller_sha256, reason "
    "on document"
)

_SQLITE: Final[Mapping[str, str]] = {
    **{
        f"{table}_no_{verb}": f"before {verb} on {table} begin select raise(abort, '{table} is append-only'); end"
        for table in APPEND_ONLY
        for verb in ("update", "delete")
    },
    "ledger_transaction_balanced": "before insert on ledger_transaction begin "
    f"select raise(abort, 'unbalanced transaction') where {_UNBALANCED}; "
    f"select raise(abort, 'a transaction has at least two legs') where {_TOO_FEW_LEGS}; end",
    "entry_before_header": f"before insert on entry when {_HEADER_EXISTS} "
    "begin select raise(abort, 'the transaction is closed'); end",
    "document_frozen": f"{_FROZEN} begin select raise(abort, 'an issued document is frozen'); end",
    **{
        f"{table}_no_delete": f"before delete on {table} begin select raise(abort, '{table} is append-only'); end"
        for table in _STAYS
    },
    "arrival_frozen": f"{_FACTS} begin select raise(abort, 'what was said does not change'); end",
    "arrival_message_frozen": f"{_SAID} begin select raise(abort, 'what was said does not change'); end",
    "arrival_decided": f"{_DECIDED} begin select raise(abort, 'nobody decided so') where {_UNDECIDED}; end",
}

#: Each as PostgreSQL prints it, and the body of its function.
_POSTGRESQL: Final[Mapping[str, str]] = {
    **{
        f"{table}_append_only": f"before delete or update or truncate on {table} for each statement "
        "execute function billhook_append_only() begin raise exception '% is append-only', TG_TABLE_NAME; end"
        for table in APPEND_ONLY
    },
    "ledger_transaction_balanced": "before insert on ledger_transaction for each row "
    f"execute function billhook_balanced() begin if {_UNBALANCED} then raise exception 'unbalanced transaction'; "
    f"end if; if {_TOO_FEW_LEGS} then raise exception 'a transaction has at least two legs'; end if; return NEW; end",
    "entry_before_header": "before insert on entry for each row execute function billhook_open_transaction() "
    f"begin if {_HEADER_EXISTS} then raise exception 'the transaction is closed'; end if; return NEW; end",
    "document_frozen": f"{_FROZEN} for each row execute function billhook_frozen() "
    "begin raise exception 'an issued document is frozen'; end",
    **{
        f"{table}_append_only": f"before delete or truncate on {table} for each statement "
        "execute function billhook_append_only() begin raise exception '% is append-only', TG_TABLE_NAME; end"
        for table in _STAYS
    },
    **{
        name: f"{when} for each row execute function billhook_said() "
        "begin raise exception 'what was said does not change'; end"
        for name, when in (("arrival_frozen", _FACTS), ("arrival_message_frozen", _SAID))
    },
    "arrival_decided": f"{_DECIDED} for each row execute function billhook_decided() "
    f"begin if {_UNDECIDED} then raise exception 'nobody decided so'; end if; return NEW; end",
}

_FIND_SQLITE: Final = (
    'select name, tbl_name as "table", substr(sql, instr(sql, name) + length(name)) as body, 1 as "on", 1 as plain '
    "from sqlite_master where type = 'trigger'"
)
# A trigger that fires on replicas only is off as well.
_FIND_POSTGRESQL: Final = (
    'select t.tgname as name, c.relname as "table", '
    "substr(pg_get_triggerdef(t.oid, true), length('CREATE TRIGGER ' || quote_ident(t.tgname)) + 1) "
    "|| ' ' || p.prosrc as body, t.tgenabled in ('O', 'A') as \"on\", "
    "p.proconfig is null and not p.prosecdef and l.lanname = 'plpgsql' as plain "
    "from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid "
    "join pg_language l on l.oid = p.prolang "
    "where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace"
)
# Foreign keys are triggers too, and may be switched off; a rule may leave a statement out.
_BETWEEN_POSTGRESQL: Final = (
    "select c.relname as \"table\", 'a foreign key is switched off' as what "
    "from pg_trigger t join pg_class c on c.oid = t.tgrelid "
    "where t.tgisinternal and t.tgenabled not in ('O', 'A') and c.relnamespace = current_schema()::regnamespace "
    "union all select c.relname, 'rule ' || r.rulename || ' changes what is asked for' "
    "from pg_rewrite r join pg_class c on c.oid = r.ev_class "
    "where r.rulename <> '_RETURN' and c.relnamespace = current_schema()::regnamespace "
    "union all select c.relname, 'rows are hidden from some' from pg_class c "
    "where (c.relrowsecurity or c.relforcerowsecurity) and c.relnamespace = current_schema()::regnamespace"
)
_SILENT_POSTGRESQL: Final = (
    "select 'triggers are silent in this session' where current_setting('session_replication_role') = 'replica' "
    "union all select 'triggers are silent by default: ' || setting "
    "from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) as setting "
    "where setting ilike 'session_replication_role=replica' "
    "and coalesce(d.datname, current_database()) = current_database()"
)


def expected(dialect: str) -> frozenset[str]:
    """Return the names of the triggers that guard the ledger on a database of this kind."""
    return frozenset(_wanted(dialect))


def faults(connection: Connection) -> list[str]:
    """Return what is wrong with the guards, each in words; empty when all are there with the bodies they should have.

    A rebuilt SQLite table loses its triggers silently; one that is switched off or hollowed is none.
    """
    postgresql = connection.dialect.name == "postgresql"
    wanted = _wanted(connection.dialect.name)
    rows = connection.execute(text(_FIND_POSTGRESQL if postgresql else _FIND_SQLITE)).mappings().all()
    found = {(row["name"], row["table"]): row for row in rows if row["table"] in Base.metadata.tables}
    told = []
    for name, body in wanted.items():
        problem = _problem(found.pop((name, _table_of(body)), None), body)
        told += [f"trigger {name} {problem}"] if problem else []
    told += [f"trigger {name} on {table} is none of the panel's" for name, table in found]
    return told + (_between(connection) if postgresql else [])


def _problem(row: RowMapping | None, body: str) -> str:
    if row is None:
        return "is missing"
    if not row["on"]:
        return "is switched off"
    if _normal(row["body"]) != _normal(body):
        return "has another body"
    return "" if row["plain"] else "runs with settings of its own"


def _table_of(body: str) -> str:
    return re.search(r" on (\w+)", body)[1]  # type: ignore[index]


def _between(connection: Connection) -> list[str]:
    """Return what else keeps a statement from the panel's tables, or the triggers from a statement."""
    rows = connection.execute(text(_BETWEEN_POSTGRESQL)).mappings()
    told = dict.fromkeys(f"{row['table']}: {row['what']}" for row in rows if row["table"] in Base.metadata.tables)
    return [*told, *connection.execute(text(_SILENT_POSTGRESQL)).scalars()]


def _wanted(dialect: str) -> Mapping[str, str]:
    return _POSTGRESQL if dialect == "postgresql" else _SQLITE


def _normal(body: str) -> str:
    """Return a body as one writing of all that mean the same: blanks and letters' case outside of quotes."""
    parts = re.split(r"('[^']*')", body)
    parts[::2] = [re.sub(r'(?<=\()\s+|\s+(?=\))|"', "", re.sub(r"\s+", " ", part)).lower() for part in parts[::2]]
    return "".join(parts).strip()
