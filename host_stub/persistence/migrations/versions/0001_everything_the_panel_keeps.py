"""Everything that the panel keeps

The first revision: no installation has an earlier one. Generated from the models once, and from then on as fixed as any
revision.
"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_GUARDS = (
    "create trigger ledger_transaction_no_update before update on ledger_transaction begin select"
    " raise(abort, 'ledger_transaction is append-only'); end",
    "create trigger ledger_transaction_no_delete before delete on ledger_transaction begin select"
    " raise(abort, 'ledger_transaction is append-only'); end",
    "create trigger entry_no_update before update on entry begin select raise(abort, 'entry is append-only'); end",
    "create trigger entry_no_delete before delete on entry begin select raise(abort, 'entry is append-only'); end",
    "create trigger charge_no_update before update on charge begin select raise(abort, 'charge is append-only'); end",
    "create trigger charge_no_delete before delete on charge begin select raise(abort, 'charge is append-only'); end",
    "create trigger arrival_decision_no_update before update on arrival_decision begin select "
    "raise(abort, 'arrival_decision is append-only'); end",
    "create trigger arrival_decision_no_delete before delete on arrival_decision begin select "
    "raise(abort, 'arrival_decision is append-only'); end",
    "create trigger log_entry_no_update before update on log_entry begin select raise(abort, "
    "'log_entry is append-only'); end",
    "create trigger log_entry_no_delete before delete on log_entry begin select raise(abort, "
    "'log_entry is append-only'); end",
    "create trigger ledger_transaction_balanced before insert on ledger_transaction begin select "
    "raise(abort, 'unbalanced transaction') where exists (select 1 from (select sum(amount_minor)"
    " as total, count(*) as legs from entry where transaction_id = NEW.id and reseller_id = "
    "NEW.reseller_id group by currency) as sums where total <> 0); select raise(abort, 'a "
    "transaction has at least two legs') where (select count(*) from entry where transaction_id ="
    " NEW.id and reseller_id = NEW.reseller_id) < 2; end",
    "create trigger entry_before_header before insert on entry when exists (select 1 from "
    "ledger_transaction where id = NEW.transaction_id) begin select raise(abort, 'the transaction"
    " is closed'); end",
    "create trigger document_frozen before update of version, issued_at, issued_on, content, "
    "sha256, frozen, stated, seller, seller_sha256, reason on document begin select raise(abort, "
    "'an issued document is frozen'); end",
    "create trigger arrival_no_delete before delete on arrival begin select raise(abort, 'arrival"
    " is append-only'); end",
    "create trigger arrival_message_no_delete before delete on arrival_message begin select "
    "raise(abort, 'arrival_message is append-only'); end",
    "create trigger arrival_frozen before update of door, origin, key, method_id, payment_id, "
    "amount_minor, currency, is_test, reference, order_number, order_key, order_date, payer_inn, "
    "payer_name, day, details, received_at, received_by on arrival begin select raise(abort, "
    "'what was said does not change'); end",
    "create trigger arrival_message_frozen before update of arrival_id, method_id, payment_id, "
    "digest, reference, amount_minor, currency, is_test, body, reason, received_at on "
    "arrival_message begin select raise(abort, 'what was said does not change'); end",
    "create trigger arrival_decided before update of state, waits, decisions, credited_minor on "
    "arrival begin select raise(abort, 'nobody decided so') where not exists (select 1 from "
    "arrival_decision where arrival_id = NEW.id and n = NEW.decisions and state = NEW.state and "
    "waits = NEW.waits and credited_minor = NEW.credited_minor); end",
)

POSTGRESQL_GUARDS = (
    "create function billhook_append_only() returns trigger language plpgsql as $$ begin raise "
    "exception '% is append-only', TG_TABLE_NAME; end $$",
    "create function billhook_balanced() returns trigger language plpgsql as $$ begin if exists "
    "(select 1 from (select sum(amount_minor) as total, count(*) as legs from entry where "
    "transaction_id = NEW.id and reseller_id = NEW.reseller_id group by currency) as sums where "
    "total <> 0) then raise exception 'unbalanced transaction'; end if; if (select count(*) from "
    "entry where transaction_id = NEW.id and reseller_id = NEW.reseller_id) < 2 then raise "
    "exception 'a transaction has at least two legs'; end if; return NEW; end $$",
    "create function billhook_open_transaction() returns trigger language plpgsql as $$ begin if "
    "exists (select 1 from ledger_transaction where id = NEW.transaction_id) then raise exception"
    " 'the transaction is closed'; end if; return NEW; end $$",
    "create function billhook_frozen() returns trigger language plpgsql as $$ begin raise "
    "exception 'an issued document is frozen'; end $$",
    "create function billhook_said() returns trigger language plpgsql as $$ begin raise exception"
    " 'what was said does not change'; end $$",
    "create function billhook_decided() returns trigger language plpgsql as $$ begin if not "
    "exists (select 1 from arrival_decision where arrival_id = NEW.id and n = NEW.decisions and "
    "state = NEW.state and waits = NEW.waits and credited_minor = NEW.credited_minor) then raise "
    "exception 'nobody decided so'; end if; return NEW; end $$",
    "create trigger ledger_transaction_append_only before delete or update or truncate on "
    "ledger_transaction for each statement execute function billhook_append_only()",
    "create trigger entry_append_only before delete or update or truncate on entry for each "
    "statement execute function billhook_append_only()",
    "create trigger charge_append_only before delete or update or truncate on charge for each "
    "statement execute function billhook_append_only()",
    "create trigger arrival_decision_append_only before delete or update or truncate on "
    "arrival_decision for each statement execute function billhook_append_only()",
    "create trigger log_entry_append_only before delete or update or truncate on log_entry for "
    "each statement execute function billhook_append_only()",
    "create trigger ledger_transaction_balanced before insert on ledger_transaction for each row "
    "execute function billhook_balanced()",
    "create trigger entry_before_header before insert on entry for each row execute function "
    "billhook_open_transaction()",
    "create trigger document_frozen before update of version, issued_at, issued_on, content, "
    "sha256, frozen, stated, seller, seller_sha256, reason on document for each row execute "
    "function billhook_frozen()",
    "create trigger arrival_append_only before delete or truncate on arrival for each statement "
    "execute function billhook_append_only()",
    "create trigger arrival_message_append_only before delete or truncate on arrival_message for "
    "each statement execute function billhook_append_only()",
    "create trigger arrival_frozen before update of door, origin, key, method_id, payment_id, "
    "amount_minor, currency, is_test, reference, order_number, order_key, order_date, payer_inn, "
    "payer_name, day, details, received_at, received_by on arrival for each row execute function "
    "billhook_said()",
    "create trigger arrival_message_frozen before update of arrival_id, method_id, payment_id, "
    "digest, reference, amount_minor, currency, is_test, body, reason, received_at on "
    "arrival_message for each row execute function billhook_said()",
    "create trigger arrival_decided before update of state, waits, decisions, credited_minor on "
    "arrival for each row execute function billhook_decided()",
)


def upgrade() -> None:
    op.create_table(
        "clock_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_mark")),
        sqlite_strict=True,
    )
    op.create_table(
        "lane",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column(
            "reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.Column("ready_at", types.Instant(timezone=True), nullable=False),
        sa.Column("set_at", types.Instant(timezone=True), nullable=True),
        sa.Column("tries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "lane", name=op.f("pk_lane")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_lane_receiver_reseller_id_ready_at"), "lane", ["receiver", "reseller_id", "ready_at"], unique=False
    )
    op.create_index(op.f("ix_lane_set_at"), "lane", ["set_at"], unique=False)
    op.create_table(
        "metric_count",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_metric_count")),
        sqlite_strict=True,
    )
    op.create_table(
        "operator_setting",
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "key", name=op.f("pk_operator_setting")),
        sqlite_strict=True,
    )
    op.create_table(
        "plugin_activation",
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("enabled", types.Flag(), nullable=False),
        sa.Column("changed_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("reseller_id", "plugin", name=op.f("pk_plugin_activation")),
        sqlite_strict=True,
    )
    op.create_table(
        "plugin_failure",
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_at", types.Instant(timezone=True), nullable=False),
        sa.Column("last_at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "place", name=op.f("pk_plugin_failure")),
        sqlite_strict=True,
    )
    op.create_table(
        "plugin_table",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("made_at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_plugin_table")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_plugin_table_plugin"), "plugin_table", ["plugin"], unique=False)
    op.create_table(
        "process_report",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reported_at", types.Instant(timezone=True), nullable=False),
        sa.Column("plugins", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_process_report")),
        sqlite_strict=True,
    )
    op.create_table(
        "proof",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("night", types.Day(), nullable=True),
        sa.Column("started_at", types.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", types.Instant(timezone=True), nullable=True),
        sa.Column("busy_until", types.Instant(timezone=True), nullable=True),
        sa.Column("checks", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof")),
        sa.UniqueConstraint("night", name=op.f("uq_proof_night")),
        sqlite_strict=True,
    )
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_started_at", types.Instant(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
        sqlite_strict=True,
    )
    op.create_table(
        "reseller",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_operator", types.Flag(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("brand_name", sa.Text(), nullable=False),
        sa.Column("accent", sa.Text(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.Text(), nullable=True),
        sa.Column("site_url", sa.Text(), nullable=False),
        sa.Column("sales_email", sa.Text(), nullable=False),
        sa.Column("billing_email", sa.Text(), nullable=False),
        sa.Column("accounting_email", sa.Text(), nullable=False),
        sa.Column("support_email", sa.Text(), nullable=False),
        sa.Column("general_phone", sa.Text(), nullable=False),
        sa.Column("sales_phone", sa.Text(), nullable=False),
        sa.Column("number_mask", sa.Text(), nullable=False),
        sa.Column("next_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("min_top_up_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("max_top_up_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_lifetime_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provisioning_url", sa.Text(), nullable=False),
        sa.Column("provisioning_secret", sa.Text(), nullable=True),
        sa.Column("closed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("catching_up", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reseller")),
        sqlite_strict=True,
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", types.Instant(timezone=True), nullable=False),
        sa.Column("beat_at", types.Instant(timezone=True), nullable=False),
        sa.Column("plugins", types.Json(), nullable=True),
        sa.Column("told", types.Json(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
        sqlite_strict=True,
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("inn", sa.Text(), nullable=False),
        sa.Column("kpp", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("zip", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("building", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("custom_attributes", types.Json(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("threshold_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_hold_since", types.Instant(timezone=True), nullable=True),
        sa.Column("stopping_since", types.Instant(timezone=True), nullable=True),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("type in ('person','sole_proprietor','company')", name=op.f("ck_account_type")),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_account_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_account_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_account_in_debt",
        "account",
        ["reseller_id", "id"],
        unique=False,
        sqlite_where=sa.text("balance_minor < 0"),
        postgresql_where=sa.text("balance_minor < 0"),
    )
    op.create_index(
        "ix_account_on_hold",
        "account",
        ["reseller_id", "id"],
        unique=False,
        sqlite_where=sa.text("on_hold_since is not null"),
        postgresql_where=sa.text("on_hold_since is not null"),
    )
    op.create_index(
        "ix_account_on_hold_anywhere",
        "account",
        ["id"],
        unique=False,
        sqlite_where=sa.text("on_hold_since is not null"),
        postgresql_where=sa.text("on_hold_since is not null"),
    )
    op.create_index(op.f("ix_account_reseller_id_inn"), "account", ["reseller_id", "inn"], unique=False)
    op.create_index(op.f("ix_account_reseller_id_name"), "account", ["reseller_id", "name"], unique=False)
    op.create_index(op.f("ix_account_reseller_id_type_id"), "account", ["reseller_id", "type", "id"], unique=False)
    op.create_index(
        "ix_account_stopping",
        "account",
        ["reseller_id", "id"],
        unique=False,
        sqlite_where=sa.text("stopping_since is not null"),
        postgresql_where=sa.text("stopping_since is not null"),
    )
    op.create_table(
        "log_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("details", types.Json(), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_log_entry_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_log_entry_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_log_entry_reseller_id_object_kind_id"), "log_entry", ["reseller_id", "object_kind", "id"], unique=False
    )
    op.create_index(
        op.f("ix_log_entry_reseller_id_object_kind_object_id_id"),
        "log_entry",
        ["reseller_id", "object_kind", "object_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_log_entry_unread",
        "log_entry",
        ["reseller_id", "at", "object_id"],
        unique=False,
        sqlite_where=sa.text("action = 'account.nobody_to_write_to'"),
        postgresql_where=sa.text("action = 'account.nobody_to_write_to'"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", types.Json(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("dead_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_outbox_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_outbox_reseller_id_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_outbox_dead",
        "outbox",
        ["reseller_id", "id"],
        unique=False,
        sqlite_where=sa.text("dead_at is not null"),
        postgresql_where=sa.text("dead_at is not null"),
    )
    op.create_index(
        "ix_outbox_dead_anywhere",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("dead_at is not null"),
        postgresql_where=sa.text("dead_at is not null"),
    )
    op.create_index(
        "ix_outbox_failing",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("dead_at is null and last_error <> ''"),
        postgresql_where=sa.text("dead_at is null and last_error <> ''"),
    )
    op.create_index(op.f("ix_outbox_receiver_lane_id"), "outbox", ["receiver", "lane", "id"], unique=False)
    op.create_table(
        "payment_method",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("account_types", types.Json(), nullable=False),
        sa.Column("icon", sa.LargeBinary(), nullable=True),
        sa.Column("icon_type", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("settings", types.Json(), nullable=False),
        sa.Column("secrets", types.Json(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_payment_method_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_method")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_payment_method_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("period in ('hour','day','month')", name=op.f("ck_plan_period")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_plan_positive")),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_plan_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_plan_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "seller_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("values", types.Json(), nullable=False),
        sa.Column("is_default", types.Flag(), nullable=False),
        sa.Column("closed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_seller_account_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_account")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_seller_account_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_seller_account_default",
        "seller_account",
        ["reseller_id", "scheme"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "seller_regime",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("vat", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_seller_regime_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_regime")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_seller_regime_reseller_id_id")),
        sa.UniqueConstraint(
            "reseller_id", "scheme", "valid_from", name=op.f("uq_seller_regime_reseller_id_scheme_valid_from")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "seller_requisites",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("values", types.Json(), nullable=False),
        sa.Column("changed_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_seller_requisites_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_requisites")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_seller_requisites_reseller_id_id")),
        sa.UniqueConstraint("reseller_id", "scheme", name=op.f("uq_seller_requisites_reseller_id_scheme")),
        sqlite_strict=True,
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("signed_in_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_user_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_user_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "account_access",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_account_access_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "user_id"],
            ["user.reseller_id", "user.id"],
            name=op.f("fk_account_access_reseller_id_user_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_account_access")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_account_access_user_id"), "account_access", ["user_id"], unique=False)
    op.create_table(
        "balance_watch",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("level_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("armed", types.Flag(), nullable=False),
        sa.Column("told_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_balance_watch_reseller_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "plugin", "key", name=op.f("pk_balance_watch")),
        sqlite_strict=True,
    )
    op.create_table(
        "callback_refusal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("day", types.Day(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_callback_refusal_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_callback_refusal_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_refusal")),
        sa.UniqueConstraint("method_id", "reason", "day", name=op.f("uq_callback_refusal_method_id_reason_day")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_callback_refusal_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "charging_failure",
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_at", types.Instant(timezone=True), nullable=False),
        sa.Column("last_at", types.Instant(timezone=True), nullable=False),
        sa.Column("retry_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_charging_failure_reseller_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_charging_failure")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_charging_failure_reseller_id_first_at"), "charging_failure", ["reseller_id", "first_at"], unique=False
    )
    op.create_table(
        "login_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", types.Instant(timezone=True), nullable=False),
        sa.Column("used_at", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_login_token_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_token")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_login_token_user_id"), "login_token", ["user_id"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("unsubscribe_url", sa.Text(), server_default="", nullable=False),
        sa.Column("once_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asks_for_money", types.Flag(), server_default=sa.false(), nullable=False),
        sa.Column(
            "unanswered", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("closed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_mail_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_mail_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("once_key", name=op.f("uq_mail_once_key")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_mail_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_mail_account_id"), "mail", ["account_id"], unique=False)
    op.create_index(
        "ix_mail_refused",
        "mail",
        ["reseller_id", "created_at"],
        unique=False,
        sqlite_where=sa.text("status = 'refused'"),
        postgresql_where=sa.text("status = 'refused'"),
    )
    op.create_index(
        "ix_mail_refused_anywhere",
        "mail",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("status = 'refused'"),
        postgresql_where=sa.text("status = 'refused'"),
    )
    op.create_index(op.f("ix_mail_reseller_id_status_id"), "mail", ["reseller_id", "status", "id"], unique=False)
    op.create_table(
        "method_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["seller_account.reseller_id", "seller_account.id"],
            name=op.f("fk_method_account_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_method_account_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_method_account_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_method_account")),
        sa.UniqueConstraint("method_id", name=op.f("uq_method_account_method_id")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_method_account_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("once_key", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("dismissed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_notice_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_notice_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("once_key", name=op.f("uq_notice_once_key")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_notice_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("once_token", sa.Text(), nullable=True),
        sa.Column("expires_at", types.Instant(timezone=True), nullable=False),
        sa.Column("closed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "status in ('waiting_for_payment','partly_paid','expired','completed','cancelled')",
            name=op.f("ck_payment_status"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_positive")),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_payment_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_payment_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_payment_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("account_id", "once_token", name=op.f("uq_payment_account_id_once_token")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_payment_reseller_id_id")),
        sa.UniqueConstraint("reseller_id", "number", name=op.f("uq_payment_reseller_id_number")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_payment_account_id_id"), "payment", ["account_id", "id"], unique=False)
    op.create_index(
        op.f("ix_payment_reseller_id_amount_minor_id"), "payment", ["reseller_id", "amount_minor", "id"], unique=False
    )
    op.create_index(
        op.f("ix_payment_reseller_id_method_id_status_id"),
        "payment",
        ["reseller_id", "method_id", "status", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_payment_reseller_id_status_id"), "payment", ["reseller_id", "status", "id"], unique=False)
    op.create_index(op.f("ix_payment_status_expires_at"), "payment", ["status", "expires_at"], unique=False)
    op.create_table(
        "plugin_setting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", types.Json(), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_plugin_setting_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_plugin_setting_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_setting")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_plugin_setting_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_plugin_setting_account",
        "plugin_setting",
        ["account_id", "plugin", "key"],
        unique=True,
        sqlite_where=sa.text("account_id is not null"),
        postgresql_where=sa.text("account_id is not null"),
    )
    op.create_index(
        "uq_plugin_setting_reseller",
        "plugin_setting",
        ["reseller_id", "plugin", "key"],
        unique=True,
        sqlite_where=sa.text("account_id is null"),
        postgresql_where=sa.text("account_id is null"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("anchor_at", types.Instant(timezone=True), nullable=True),
        sa.Column("next_charge_at", types.Instant(timezone=True), nullable=True),
        sa.Column("stopped_at", types.Instant(timezone=True), nullable=True),
        sa.Column("desired_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirmed_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provisioning_error", sa.Text(), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("status in ('pending','active','stopped','deleted')", name=op.f("ck_subscription_status")),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_subscription_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "plan_id"],
            ["plan.reseller_id", "plan.id"],
            name=op.f("fk_subscription_reseller_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_subscription_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_subscription_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_subscription_account_id_status_next_charge_at"),
        "subscription",
        ["account_id", "status", "next_charge_at"],
        unique=False,
    )
    op.create_index(
        "ix_subscription_not_switched",
        "subscription",
        ["reseller_id", "id"],
        unique=False,
        sqlite_where=sa.text("provisioning_error <> ''"),
        postgresql_where=sa.text("provisioning_error <> ''"),
    )
    op.create_index(op.f("ix_subscription_plan_id_status"), "subscription", ["plan_id", "status"], unique=False)
    op.create_index(
        op.f("ix_subscription_reseller_id_status_id"), "subscription", ["reseller_id", "status", "id"], unique=False
    )
    op.create_index(
        op.f("ix_subscription_reseller_id_status_next_charge_at"),
        "subscription",
        ["reseller_id", "status", "next_charge_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subscription_status_next_charge_at"), "subscription", ["status", "next_charge_at"], unique=False
    )
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", types.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", types.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
    op.create_table(
        "arrival",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_test", types.Flag(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("order_date", types.Day(), nullable=True),
        sa.Column("payer_inn", sa.Text(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("day", types.Day(), nullable=False),
        sa.Column("details", types.Json(), nullable=False),
        sa.Column("received_at", types.Instant(timezone=True), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waits", sa.Text(), nullable=False),
        sa.Column("decisions", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credited_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("door in ('gateway','order','statement')", name=op.f("ck_arrival_door")),
        sa.CheckConstraint("state <> 'open' or waits <> ''", name=op.f("ck_arrival_open")),
        sa.CheckConstraint("state in ('open','credited','closed','undone')", name=op.f("ck_arrival_state")),
        sa.CheckConstraint(
            "credited_minor = 0 or credited_minor >= 0 and credited_minor <= amount_minor",
            name=op.f("ck_arrival_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_arrival_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_arrival_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_arrival_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
        sa.UniqueConstraint(
            "reseller_id", "door", "origin", "key", name=op.f("uq_arrival_reseller_id_door_origin_key")
        ),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_arrival_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_arrival_payment_id"), "arrival", ["payment_id"], unique=False)
    op.create_index(op.f("ix_arrival_reseller_id_order_key"), "arrival", ["reseller_id", "order_key"], unique=False)
    op.create_index(op.f("ix_arrival_reseller_id_state_id"), "arrival", ["reseller_id", "state", "id"], unique=False)
    op.create_index(
        "ix_arrival_waiting",
        "arrival",
        ["reseller_id", "id"],
        unique=False,
        sqlite_where=sa.text("waits <> ''"),
        postgresql_where=sa.text("waits <> ''"),
    )
    op.create_index(
        "ix_arrival_waiting_anywhere",
        "arrival",
        ["id"],
        unique=False,
        sqlite_where=sa.text("waits <> ''"),
        postgresql_where=sa.text("waits <> ''"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", types.Instant(timezone=True), nullable=False),
        sa.Column("issued_on", types.Day(), server_default="1970-01-01", nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("frozen", types.Json(), nullable=False),
        sa.Column("template_sha256", sa.Text(), nullable=False),
        sa.Column("used_stock", types.Flag(), nullable=False),
        sa.Column("stated", types.Json(), server_default="[]", nullable=False),
        sa.Column("seller", types.Json(), server_default="{}", nullable=False),
        sa.Column("seller_sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("withdrawn_at", types.Instant(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), server_default="", nullable=False),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_document_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_document_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_document_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "payment_id", "method_id", "kind", "version", name=op.f("uq_document_payment_id_method_id_kind_version")
        ),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_document_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_document_reseller_id_method_id_seller_sha256"),
        "document",
        ["reseller_id", "method_id", "seller_sha256"],
        unique=False,
    )
    op.create_table(
        "gateway_operation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reference_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_reference", sa.Text(), nullable=False),
        sa.Column("merchant", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_test", types.Flag(), nullable=False),
        sa.Column("as_came", types.Flag(), nullable=False),
        sa.Column("reported", types.Flag(), nullable=False),
        sa.Column("request", types.Json(), nullable=False),
        sa.Column("secret_answers", types.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("queries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("query_at", types.Instant(timezone=True), nullable=True),
        sa.Column("asked_at", types.Instant(timezone=True), nullable=True),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("kind = 'start'", name=op.f("ck_gateway_operation_kind")),
        sa.CheckConstraint(
            "state in ('unknown','started','abandoned','paid','failed','superseded')",
            name=op.f("ck_gateway_operation_state"),
        ),
        sa.CheckConstraint(
            "reference_number >= 1 and reference_number <= 2147483647", name=op.f("ck_gateway_operation_number")
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_gateway_operation_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_gateway_operation_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_gateway_operation_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_operation")),
        sa.UniqueConstraint("reference", name=op.f("uq_gateway_operation_reference")),
        sa.UniqueConstraint("reference_number", name=op.f("uq_gateway_operation_reference_number")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_gateway_operation_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_gateway_operation_external",
        "gateway_operation",
        ["external_reference", "method_id"],
        unique=False,
        sqlite_where=sa.text("external_reference <> ''"),
        postgresql_where=sa.text("external_reference <> ''"),
    )
    op.create_index(
        op.f("ix_gateway_operation_method_id_asked_at"), "gateway_operation", ["method_id", "asked_at"], unique=False
    )
    op.create_index(op.f("ix_gateway_operation_payment_id"), "gateway_operation", ["payment_id"], unique=False)
    op.create_index(op.f("ix_gateway_operation_query_at"), "gateway_operation", ["query_at"], unique=False)
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", types.Json(), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "kind in ('credit','charge','correction','reversal')", name=op.f("ck_ledger_transaction_kind")
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_ledger_transaction_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "reverses_id"],
            ["ledger_transaction.reseller_id", "ledger_transaction.id"],
            name=op.f("fk_ledger_transaction_reseller_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_ledger_transaction_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_ledger_transaction_reseller_id_id")),
        sa.UniqueConstraint(
            "reseller_id", "source", "source_id", name=op.f("uq_ledger_transaction_reseller_id_source_source_id")
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_transaction_reverses_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_ledger_transaction_payment_id"), "ledger_transaction", ["payment_id"], unique=False)
    op.create_table(
        "arrival_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arrival_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waits", sa.Text(), nullable=False),
        sa.Column("credited_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_arrival_decision_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "arrival_id"],
            ["arrival.reseller_id", "arrival.id"],
            name=op.f("fk_arrival_decision_reseller_id_arrival_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "other_id"],
            ["arrival.reseller_id", "arrival.id"],
            name=op.f("fk_arrival_decision_reseller_id_other_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_arrival_decision_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "transaction_id"],
            ["ledger_transaction.reseller_id", "ledger_transaction.id"],
            name=op.f("fk_arrival_decision_reseller_id_transaction_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_arrival_decision_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_decision")),
        sa.UniqueConstraint("arrival_id", "n", name=op.f("uq_arrival_decision_arrival_id_n")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_arrival_decision_reseller_id_id")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_arrival_decision_transaction_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_arrival_decision_account_id_amount_minor"),
        "arrival_decision",
        ["account_id", "amount_minor"],
        unique=False,
    )
    op.create_index(op.f("ix_arrival_decision_other_id"), "arrival_decision", ["other_id"], unique=False)
    op.create_index(op.f("ix_arrival_decision_payment_id"), "arrival_decision", ["payment_id"], unique=False)
    op.create_table(
        "arrival_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arrival_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_test", types.Flag(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deliveries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "arrival_id"],
            ["arrival.reseller_id", "arrival.id"],
            name=op.f("fk_arrival_message_reseller_id_arrival_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_arrival_message_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_arrival_message_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_arrival_message_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_message")),
        sa.UniqueConstraint("arrival_id", "digest", name=op.f("uq_arrival_message_arrival_id_digest")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_arrival_message_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_arrival_message_payment_id"), "arrival_message", ["payment_id"], unique=False)
    op.create_table(
        "charge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period_start", types.Instant(timezone=True), nullable=False),
        sa.Column("period_end", types.Instant(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_charge_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "subscription_id"],
            ["subscription.reseller_id", "subscription.id"],
            name=op.f("fk_charge_reseller_id_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "transaction_id"],
            ["ledger_transaction.reseller_id", "ledger_transaction.id"],
            name=op.f("fk_charge_reseller_id_transaction_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_charge_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_charge_reseller_id_id")),
        sa.UniqueConstraint("subscription_id", "period_start", name=op.f("uq_charge_subscription_id_period_start")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_charge_account_id_id"), "charge", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_charge_transaction_id"), "charge", ["transaction_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance_after_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account_sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(leg = 'customer') = (account_id is not null)", name=op.f("ck_entry_customer")),
        sa.CheckConstraint("(leg = 'customer') = (balance_after_minor is not null)", name=op.f("ck_entry_running")),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_entry_not_zero")),
        sa.ForeignKeyConstraint(
            ["reseller_id", "account_id"],
            ["account.reseller_id", "account.id"],
            name=op.f("fk_entry_reseller_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_entry_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "transaction_id"],
            ["ledger_transaction.reseller_id", "ledger_transaction.id"],
            name=op.f("fk_entry_reseller_id_transaction_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_entry_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("account_id", "account_sequence", name=op.f("uq_entry_account_id_account_sequence")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_entry_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_entry_transaction_id"), "entry", ["transaction_id"], unique=False)
    op.create_table(
        "gateway_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("operation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", types.Instant(timezone=True), nullable=True),
        sa.Column("final", types.Flag(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("word in ('pending','failed')", name=op.f("ck_gateway_report_word")),
        sa.ForeignKeyConstraint(
            ["reseller_id", "operation_id"],
            ["gateway_operation.reseller_id", "gateway_operation.id"],
            name=op.f("fk_gateway_report_reseller_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_gateway_report_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_report")),
        sa.UniqueConstraint("operation_id", "external_id", name=op.f("uq_gateway_report_operation_id_external_id")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_gateway_report_reseller_id_id")),
        sqlite_strict=True,
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(sa.schema.CreateSequence(sa.Sequence("ledger_transaction_id_seq", data_type=sa.BigInteger())))
    for statement in POSTGRESQL_GUARDS if postgresql else SQLITE_GUARDS:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if postgresql else statement)


def downgrade() -> None:
    raise NotImplementedError("money is not migrated backwards: restore a backup")
