"""What the database itself guarantees about money, as DDL for both databases.

Legs are written first and the header last: the trigger on the header checks the balance, and the deferred foreign key
of a leg refuses to commit without a header. Nothing is updated or deleted.
"""

from __future__ import annotations

from typing import Final

APPEND_ONLY: Final = ("ledger_transaction", "entry", "charge", "approval", "log_entry")

#: Names that `installed` must find after all migrations; a rebuilt SQLite table loses its triggers silently.
SQLITE_NAMES: Final = frozenset(
    {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")}
    | {"ledger_transaction_balanced", "entry_before_header", "document_frozen"}
)
POSTGRESQL_NAMES: Final = frozenset(
    {f"{table}_append_only" for table in APPEND_ONLY}
    | {"ledger_transaction_balanced", "entry_before_header", "document_frozen"}
)

_UNBALANCED: Final = """
    select 1 from (
        select sum(amount_minor) as total, count(*) as legs from entry
        where transaction_id = NEW.id and reseller_id = NEW.reseller_id group by currency
    ) as sums where total <> 0
"""


def sqlite() -> list[str]:
    """Return the CREATE TRIGGER statements for SQLite."""
    statements = [
        f"create trigger {table}_no_{verb} before {verb} on {table} "
        f"begin select raise(abort, '{table} is append-only'); end"
        for table in APPEND_ONLY
        for verb in ("update", "delete")
    ]
    statements.append(
        "create trigger ledger_transaction_balanced before insert on ledger_transaction begin "
        f"select raise(abort, 'unbalanced transaction') where exists ({_UNBALANCED}); "
        "select raise(abort, 'a transaction has at least two legs') "
        "where (select count(*) from entry where transaction_id = NEW.id and reseller_id = NEW.reseller_id) < 2; end"
    )
    statements.append(
        "create trigger entry_before_header before insert on entry "
        "when exists (select 1 from ledger_transaction where id = NEW.transaction_id) "
        "begin select raise(abort, 'the transaction is closed'); end"
    )
    statements.append(
        "create trigger document_frozen before update of content, sha256, frozen, issued_at on document "
        "begin select raise(abort, 'an issued document is frozen'); end"
    )
    return statements


def postgresql() -> list[str]:
    """Return the functions and triggers for PostgreSQL."""
    statements = [
        "create function billhook_append_only() returns trigger language plpgsql as "
        "$$ begin raise exception '% is append-only', TG_TABLE_NAME; end $$",
        "create function billhook_balanced() returns trigger language plpgsql as $$ begin "
        f"if exists ({_UNBALANCED}) then raise exception 'unbalanced transaction'; end if; "
        "if (select count(*) from entry where transaction_id = NEW.id and reseller_id = NEW.reseller_id) < 2 "
        "then raise exception 'a transaction has at least two legs'; end if; return NEW; end $$",
        "create function billhook_open_transaction() returns trigger language plpgsql as $$ begin "
        "if exists (select 1 from ledger_transaction where id = NEW.transaction_id) "
        "then raise exception 'the transaction is closed'; end if; return NEW; end $$",
        "create function billhook_frozen() returns trigger language plpgsql as "
        "$$ begin raise exception 'an issued document is frozen'; end $$",
        "create trigger ledger_transaction_balanced before insert on ledger_transaction "
        "for each row execute function billhook_balanced()",
        "create trigger entry_before_header before insert on entry "
        "for each row execute function billhook_open_transaction()",
        "create trigger document_frozen before update of content, sha256, frozen, issued_at on document "
        "for each row execute function billhook_frozen()",
    ]
    statements += [
        f"create trigger {table}_append_only before update or delete or truncate on {table} "
        "for each statement execute function billhook_append_only()"
        for table in APPEND_ONLY
    ]
    return statements
