"""Lists, counters and charging that look at their own rows only; what is looked for, folded"""

import json

import sqlalchemy as sa
from alembic import op

from host_stub.domain.folding import fold_all
from host_stub.persistence import types


revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

FOLDED = {
    "account": ("name", "inn", "email"),
    "gateway_event": ("external_id", "reference"),
    "log_entry": ("actor", "details"),
    "mail": ("recipient", "subject"),
    "payment": ("number", "purpose", "comment"),
    "plan": ("name",),
    "reseller": ("name", "brand_name"),
    "subscription": ("name",),
}
BATCH = 5000

INDICES = {
    "account": [
        ("ix_account_reseller_id_inn", ["reseller_id", "inn"], ""),
        ("ix_account_reseller_id_type_id", ["reseller_id", "type", "id"], ""),
        ("ix_account_on_hold", ["reseller_id", "id"], "on_hold_since is not null"),
        ("ix_account_on_hold_anywhere", ["id"], "on_hold_since is not null"),
        ("ix_account_stopping", ["reseller_id", "id"], "stopping_since is not null"),
        ("ix_account_in_debt", ["reseller_id", "id"], "balance_minor < 0"),
    ],
    "charging_failure": [("ix_charging_failure_reseller_id_first_at", ["reseller_id", "first_at"], "")],
    "gateway_event": [
        ("ix_gateway_event_reseller_id_verdict_id", ["reseller_id", "verdict", "id"], ""),
        ("ix_gateway_event_parked", ["reseller_id", "id"], "verdict = 'parked' and settled_at is null"),
        ("ix_gateway_event_parked_anywhere", ["id"], "verdict = 'parked' and settled_at is null"),
        ("ix_gateway_event_settled", ["reseller_id", "id"], "settled_at is not null"),
    ],
    "log_entry": [
        ("ix_log_entry_reseller_id_object_kind_id", ["reseller_id", "object_kind", "id"], ""),
        ("ix_log_entry_unread", ["reseller_id", "at", "object_id"], "action = 'account.nobody_to_write_to'"),
    ],
    "mail": [
        ("ix_mail_reseller_id_status_id", ["reseller_id", "status", "id"], ""),
        ("ix_mail_refused", ["reseller_id", "created_at"], "status = 'refused'"),
        ("ix_mail_refused_anywhere", ["created_at"], "status = 'refused'"),
    ],
    "outbox": [
        ("ix_outbox_dead", ["reseller_id", "id"], "dead_at is not null"),
        ("ix_outbox_failing", ["id"], "dead_at is null and last_error <> ''"),
        ("ix_outbox_dead_anywhere", ["id"], "dead_at is not null"),
    ],
    "payment": [
        ("ix_payment_reseller_id_status_id", ["reseller_id", "status", "id"], ""),
        ("ix_payment_reseller_id_method_id_status_id", ["reseller_id", "method_id", "status", "id"], ""),
        ("ix_payment_reseller_id_amount_minor_id", ["reseller_id", "amount_minor", "id"], ""),
    ],
    "subscription": [
        ("ix_subscription_account_id_status_next_charge_at", ["account_id", "status", "next_charge_at"], ""),
        ("ix_subscription_reseller_id_status_next_charge_at", ["reseller_id", "status", "next_charge_at"], ""),
        ("ix_subscription_reseller_id_status_id", ["reseller_id", "status", "id"], ""),
        ("ix_subscription_plan_id_status", ["plan_id", "status"], ""),
        ("ix_subscription_not_switched", ["reseller_id", "id"], "provisioning_error <> ''"),
    ],
}
REPLACED = {
    "gateway_event": ("ix_gateway_event_reseller_id_verdict_settled_at", ["reseller_id", "verdict", "settled_at"]),
    "mail": ("ix_mail_reseller_id_status", ["reseller_id", "status"]),
    "outbox": ("ix_outbox_dead_at", ["dead_at"]),
    "subscription": ("ix_subscription_account_id", ["account_id"]),
}

NO_UPDATE = (
    "create trigger log_entry_no_update before update on log_entry "
    "begin select raise(abort, 'log_entry is append-only'); end"
)


def upgrade() -> None:
    for table in FOLDED:
        op.add_column(table, sa.Column("folded", sa.Text(), nullable=False, server_default=""))
    op.add_column("account", sa.Column("stopping_since", types.Instant(timezone=True), nullable=True))
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    # A line of the log is not changed by having its words written in a second way.
    op.execute("drop trigger log_entry_no_update" if sqlite else "alter table log_entry disable trigger user")
    for table, columns in FOLDED.items():
        _fold(connection, table, columns)
    op.execute(NO_UPDATE if sqlite else "alter table log_entry enable trigger user")
    for table, (name, _columns) in REPLACED.items():
        op.drop_index(name, table_name=table)
    for table, indices in INDICES.items():
        for name, columns, where in indices:
            condition = sa.text(where) if where else None
            op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for table, indices in INDICES.items():
        for name, _columns, _where in indices:
            op.drop_index(name, table_name=table)
    for table, (name, columns) in REPLACED.items():
        op.create_index(name, table, columns)
    op.drop_column("account", "stopping_since")
    for table in FOLDED:
        op.drop_column(table, "folded")


def _fold(connection: sa.Connection, table: str, columns: tuple[str, ...]) -> None:
    rows = sa.table(table, sa.column("id"), sa.column("folded"), *map(sa.column, columns))
    last = 0
    while True:
        query = sa.select(rows.c.id, *(rows.c[name] for name in columns)).where(rows.c.id > last)
        found = connection.execute(query.order_by(rows.c.id).limit(BATCH)).all()
        if not found:
            return
        connection.execute(
            sa.update(rows).where(rows.c.id == sa.bindparam("row_id")).values(folded=sa.bindparam("words")),
            [{"row_id": row[0], "words": fold_all(_texts(columns, row[1:]))} for row in found],
        )
        last = found[-1][0]


def _texts(columns: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
    texts = []
    for name, value in zip(columns, values, strict=True):
        texts += _inside(json.loads(value)) if name == "details" else [value]
    return texts


def _inside(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for each in value.values() for text in _inside(each)] if isinstance(value, dict) else []
