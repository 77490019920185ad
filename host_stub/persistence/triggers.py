"""What the database itself guarantees about money: the triggers that a migrated database has today, and whether it has.

Legs are written first and the header last: the trigger on the header checks the balance, and the deferred foreign key
of a leg refuses to commit without a header. Nothing is updated or deleted.

Nothing here makes a trigger: each stands in the revision that made it, for ever. A change is a new revision and the new
text here; `devtools.check_migrations` says whether the two agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

APPEND_ONLY: Final = ("ledger_transaction", "entry", "charge", "approval", "log_entry")
#: Tables on which a trigger of anybody else's is a fault: it could swallow or change what is posted.
GUARDED: Final = (*APPEND_ONLY, "document")

_UNBALANCED: Final = (
    "exists (select 1 from (select sum(amount_minor) as total, count(*) as legs from entry "
    "where transaction_id = NEW.id and reseller_id = NEW.reseller_id group by currency) as sums where total <> 0)"
)
_TOO_FEW_LEGS: Final = (
    "(select count(*) from entry where transaction_id = NEW.id and reseller_id = NEW.reseller_id) < 2"
)
_HEADER_EXISTS: Final = "exists (select 1 from ledger_transaction where id = NEW.transaction_id)"
_FROZEN: Final = "before update of content, sha256, frozen, issued_at on document"

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
}

_FIND_SQLITE: Final = (
    'select name, tbl_name as "table", substr(sql, instr(sql, name) + length(name)) as body, 1 as "on" '
    "from sqlite_master where type = 'trigger'"
)
# A trigger that fires on replicas only is off as well.
_FIND_POSTGRESQL: Final = (
    'select t.tgname as name, c.relname as "table", '
    "substr(pg_get_triggerdef(t.oid, true), length('CREATE TRIGGER ' || quote_ident(t.tgname)) + 1) "
    "|| ' ' || p.prosrc as body, t.tgenabled in ('O', 'A') as \"on\" "
    "from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid "
    "where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace"
)


def expected(dialect: str) -> frozenset[str]:
    """Return the names of the triggers that guard the ledger on a database of this kind."""
    return frozenset(_wanted(dialect))


def faults(connection: Connection) -> list[str]:
    """Return what is wrong with the triggers, each by name; empty when all are there with the bodies they should have.

    A rebuilt SQLite table loses its triggers silently; one that is switched off or hollowed is none.
    """
    postgresql = connection.dialect.name == "postgresql"
    rows = connection.execute(text(_FIND_POSTGRESQL if postgresql else _FIND_SQLITE)).mappings().all()
    found = {row["name"]: row for row in rows}
    told = []
    for name, body in _wanted(connection.dialect.name).items():
        if name not in found:
            told.append(f"trigger {name} is missing")
        elif not found[name]["on"]:
            told.append(f"trigger {name} is switched off")
        elif _normal(found[name]["body"]) != _normal(body):
            told.append(f"trigger {name} has another body")
    strangers = [row for row in rows if row["table"] in GUARDED and row["name"] not in _wanted(connection.dialect.name)]
    return told + [f"trigger {row['name']} on {row['table']} is none of the panel's" for row in strangers]


def _wanted(dialect: str) -> Mapping[str, str]:
    return _POSTGRESQL if dialect == "postgresql" else _SQLITE


def _normal(body: str) -> str:
    """Return a body as one writing of all that mean the same: blanks and letters' case outside of quotes."""
    parts = re.split(r"('[^']*')", body)
    parts[::2] = [re.sub(r'(?<=\()\s+|\s+(?=\))|"', "", re.sub(r"\s+", " ", part)).lower() for part in parts[::2]]
    return "".join(parts).strip()
