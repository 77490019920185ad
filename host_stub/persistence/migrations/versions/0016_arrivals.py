"""Money that has come is one kind of row, whichever door it comes by, with what was decided about it"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FACTS = (
    "door, origin, key, method_id, payment_id, amount_minor, currency, is_test, reference, order_number, order_key, "
    "order_date, payer_inn, payer_name, day, details, received_at, received_by"
)
SAID = (
    "arrival_id, method_id, payment_id, digest, reference, amount_minor, currency, is_test, body, reason, received_at"
)
UNDECIDED = (
    "not exists (select 1 from arrival_decision where arrival_id = NEW.id and n = NEW.decisions "
    "and state = NEW.state and waits = NEW.waits and credited_minor = NEW.credited_minor)"
)
DECIDED = "before update of state, waits, decisions, credited_minor on arrival"

SQLITE_GUARDS = (
    *(
        f"create trigger {table}_no_{verb} before {verb} on {table} "
        f"begin select raise(abort, '{table} is append-only'); end"
        for table, verb in (
            ("arrival_decision", "update"),
            ("arrival_decision", "delete"),
            ("arrival", "delete"),
            ("arrival_message", "delete"),
        )
    ),
    f"create trigger arrival_frozen before update of {FACTS} on arrival "
    "begin select raise(abort, 'what was said does not change'); end",
    f"create trigger arrival_message_frozen before update of {SAID} on arrival_message "
    "begin select raise(abort, 'what was said does not change'); end",
    f"create trigger arrival_decided {DECIDED} begin select raise(abort, 'nobody decided so') where {UNDECIDED}; end",
)
POSTGRESQL_GUARDS = (
    "create trigger arrival_decision_append_only before update or delete or truncate on arrival_decision "
    "for each statement execute function billhook_append_only()",
    *(
        f"create trigger {table}_append_only before delete or truncate on {table} "
        "for each statement execute function billhook_append_only()"
        for table in ("arrival", "arrival_message")
    ),
    "create function billhook_said() returns trigger language plpgsql as $$ "
    "begin raise exception 'what was said does not change'; end $$",
    "create function billhook_decided() returns trigger language plpgsql as $$ "
    f"begin if {UNDECIDED} then raise exception 'nobody decided so'; end if; return NEW; end $$",
    f"create trigger arrival_frozen before update of {FACTS} on arrival for each row execute function billhook_said()",
    f"create trigger arrival_message_frozen before update of {SAID} on arrival_message "
    "for each row execute function billhook_said()",
    f"create trigger arrival_decided {DECIDED} for each row execute function billhook_decided()",
)


def upgrade() -> None:
    op.drop_table("approval")
    op.drop_table("gateway_event")
    _arrivals()
    _messages()
    _decisions()
    for statement in SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("money is not migrated backwards: restore a backup")


def _number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def _instant(name: str) -> sa.Column:
    return sa.Column(name, types.Instant(timezone=True), nullable=False)


def _within(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_reseller_id_{column}")
    return sa.ForeignKeyConstraint(["reseller_id", column], [f"{to}.reseller_id", f"{to}.id"], name=name)


def _owned(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f(f"fk_{table}_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f(f"uq_{table}_reseller_id_id")),
    ]


def _arrivals() -> None:
    op.create_table(
        "arrival",
        _number("id"),
        _text("door"),
        _text("origin"),
        _text("key"),
        _number("method_id", nullable=True),
        _number("payment_id", nullable=True),
        _number("amount_minor"),
        _text("currency"),
        sa.Column("is_test", types.Flag(), nullable=False),
        _text("reference"),
        _text("order_number"),
        _text("order_key"),
        sa.Column("order_date", types.Day(), nullable=True),
        _text("payer_inn"),
        _text("payer_name"),
        sa.Column("day", types.Day(), nullable=False),
        sa.Column("details", types.Json(), nullable=False),
        _instant("received_at"),
        _text("received_by"),
        _text("state"),
        _text("waits"),
        _number("decisions"),
        _number("credited_minor"),
        _number("reseller_id"),
        sa.Column("folded", sa.Text(), nullable=False, server_default=""),
        *_owned("arrival"),
        _within("arrival", "method_id", "payment_method"),
        _within("arrival", "payment_id", "payment"),
        sa.UniqueConstraint(
            "reseller_id", "door", "origin", "key", name=op.f("uq_arrival_reseller_id_door_origin_key")
        ),
        sa.CheckConstraint("door in ('gateway','order','statement')", name=op.f("ck_arrival_door")),
        sa.CheckConstraint("state in ('open','credited','closed','undone')", name=op.f("ck_arrival_state")),
        sa.CheckConstraint("state <> 'open' or waits <> ''", name=op.f("ck_arrival_open")),
        sa.CheckConstraint(
            "credited_minor = 0 or credited_minor >= 0 and credited_minor <= amount_minor", name=op.f("ck_arrival_parts")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_arrival_payment_id"), "arrival", ["payment_id"])
    op.create_index(op.f("ix_arrival_reseller_id_order_key"), "arrival", ["reseller_id", "order_key"])
    op.create_index(op.f("ix_arrival_reseller_id_state_id"), "arrival", ["reseller_id", "state", "id"])
    waits = sa.text("waits <> ''")
    for name, columns in (("ix_arrival_waiting", ["reseller_id", "id"]), ("ix_arrival_waiting_anywhere", ["id"])):
        op.create_index(name, "arrival", columns, sqlite_where=waits, postgresql_where=waits)


def _messages() -> None:
    op.create_table(
        "arrival_message",
        _number("id"),
        _number("arrival_id"),
        _number("method_id"),
        _number("payment_id", nullable=True),
        _text("digest"),
        _text("reference"),
        _number("amount_minor"),
        _text("currency"),
        sa.Column("is_test", types.Flag(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _text("reason"),
        _number("deliveries"),
        _instant("received_at"),
        _number("reseller_id"),
        *_owned("arrival_message"),
        _within("arrival_message", "arrival_id", "arrival"),
        _within("arrival_message", "method_id", "payment_method"),
        _within("arrival_message", "payment_id", "payment"),
        sa.UniqueConstraint("arrival_id", "digest", name=op.f("uq_arrival_message_arrival_id_digest")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_arrival_message_payment_id"), "arrival_message", ["payment_id"])


def _decisions() -> None:
    table = "arrival_decision"
    pointing = {
        "arrival_id": "arrival",
        "payment_id": "payment",
        "account_id": "account",
        "transaction_id": "ledger_transaction",
        "other_id": "arrival",
    }
    op.create_table(
        table,
        _number("id"),
        _number("arrival_id"),
        _number("n"),
        _text("kind"),
        *(_number(name, nullable=True) for name in ("payment_id", "account_id", "transaction_id", "other_id")),
        _number("amount_minor"),
        _text("reason"),
        _text("words"),
        _text("decided_by"),
        _instant("at"),
        _text("state"),
        _text("waits"),
        _number("credited_minor"),
        _number("reseller_id"),
        *_owned(table),
        *(_within(table, column, to) for column, to in pointing.items()),
        sa.UniqueConstraint("arrival_id", "n", name=op.f("uq_arrival_decision_arrival_id_n")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_arrival_decision_transaction_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_arrival_decision_payment_id"), table, ["payment_id"])
    op.create_index(op.f("ix_arrival_decision_other_id"), table, ["other_id"])
    op.create_index(op.f("ix_arrival_decision_account_id_amount_minor"), table, ["account_id", "amount_minor"])
