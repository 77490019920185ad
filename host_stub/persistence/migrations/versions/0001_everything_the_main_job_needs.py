"""Everything the main job needs"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# As of this revision, for ever: what holds today stands in persistence/triggers.py, and a change of it is a new revision.
SQLITE_GUARDS = (
    "create trigger ledger_transaction_no_update before update on ledger_transaction begin select "
    "raise(abort, 'ledger_transaction is append-only'); end",
    "create trigger ledger_transaction_no_delete before delete on ledger_transaction begin select "
    "raise(abort, 'ledger_transaction is append-only'); end",
    "create trigger entry_no_update before update on entry begin select raise(abort, 'entry is "
    "append-only'); end",
    "create trigger entry_no_delete before delete on entry begin select raise(abort, 'entry is "
    "append-only'); end",
    "create trigger charge_no_update before update on charge begin select raise(abort, 'charge is "
    "append-only'); end",
    "create trigger charge_no_delete before delete on charge begin select raise(abort, 'charge is "
    "append-only'); end",
    "create trigger approval_no_update before update on approval begin select raise(abort, 'approval is "
    "append-only'); end",
    "create trigger approval_no_delete before delete on approval begin select raise(abort, 'approval is "
    "append-only'); end",
    "create trigger log_entry_no_update before update on log_entry begin select raise(abort, 'log_entry "
    "is append-only'); end",
    "create trigger log_entry_no_delete before delete on log_entry begin select raise(abort, 'log_entry "
    "is append-only'); end",
    "create trigger ledger_transaction_balanced before insert on ledger_transaction begin select "
    "raise(abort, 'unbalanced transaction') where exists ( select 1 from ( select sum(amount_minor) as "
    "total, count(*) as legs from entry where transaction_id = NEW.id and reseller_id = NEW.reseller_id "
    "group by currency ) as sums where total <> 0 ); select raise(abort, 'a transaction has at least two "
    "legs') where (select count(*) from entry where transaction_id = NEW.id and reseller_id = "
    "NEW.reseller_id) < 2; end",
    "create trigger entry_before_header before insert on entry when exists (select 1 from "
    "ledger_transaction where id = NEW.transaction_id) begin select raise(abort, 'the transaction is "
    "closed'); end",
    "create trigger document_frozen before update of content, sha256, frozen, issued_at on document begin "
    "select raise(abort, 'an issued document is frozen'); end",
)

POSTGRESQL_GUARDS = (
    "create function billhook_append_only() returns trigger language plpgsql as $$ begin raise exception "
    "'% is append-only', TG_TABLE_NAME; end $$",
    "create function billhook_balanced() returns trigger language plpgsql as $$ begin if exists ( select "
    "1 from ( select sum(amount_minor) as total, count(*) as legs from entry where transaction_id = "
    "NEW.id and reseller_id = NEW.reseller_id group by currency ) as sums where total <> 0 ) then raise "
    "exception 'unbalanced transaction'; end if; if (select count(*) from entry where transaction_id = "
    "NEW.id and reseller_id = NEW.reseller_id) < 2 then raise exception 'a transaction has at least two "
    "legs'; end if; return NEW; end $$",
    "create function billhook_open_transaction() returns trigger language plpgsql as $$ begin if exists "
    "(select 1 from ledger_transaction where id = NEW.transaction_id) then raise exception 'the "
    "transaction is closed'; end if; return NEW; end $$",
    "create function billhook_frozen() returns trigger language plpgsql as $$ begin raise exception 'an "
    "issued document is frozen'; end $$",
    "create trigger ledger_transaction_balanced before insert on ledger_transaction for each row execute "
    "function billhook_balanced()",
    "create trigger entry_before_header before insert on entry for each row execute function "
    "billhook_open_transaction()",
    "create trigger document_frozen before update of content, sha256, frozen, issued_at on document for "
    "each row execute function billhook_frozen()",
    "create trigger ledger_transaction_append_only before update or delete or truncate on "
    "ledger_transaction for each statement execute function billhook_append_only()",
    "create trigger entry_append_only before update or delete or truncate on entry for each statement "
    "execute function billhook_append_only()",
    "create trigger charge_append_only before update or delete or truncate on charge for each statement "
    "execute function billhook_append_only()",
    "create trigger approval_append_only before update or delete or truncate on approval for each "
    "statement execute function billhook_append_only()",
    "create trigger log_entry_append_only before update or delete or truncate on log_entry for each "
    "statement execute function billhook_append_only()",
)


def upgrade() -> None:
    op.create_table(
        "lane",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("ready_at", types.Instant(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "lane", name=op.f("pk_lane")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_lane_ready_at"), "lane", ["ready_at"], unique=False)
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
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reseller")),
        sqlite_strict=True,
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", types.Instant(timezone=True), nullable=False),
        sa.Column("beat_at", types.Instant(timezone=True), nullable=False),
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
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("type in ('person','sole_proprietor','company')", name=op.f("ck_account_type")),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_account_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_account_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_account_reseller_id_name"), "account", ["reseller_id", "name"], unique=False)
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
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_log_entry_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_log_entry_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_log_entry_reseller_id_object_kind_object_id_id"),
        "log_entry",
        ["reseller_id", "object_kind", "object_id", "id"],
        unique=False,
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
    op.create_index(op.f("ix_outbox_dead_at"), "outbox", ["dead_at"], unique=False)
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
        sa.CheckConstraint("period in ('hour','day','month')", name=op.f("ck_plan_period")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_plan_positive")),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_plan_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_plan_reseller_id_id")),
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
        sa.Column("once_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("closed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
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
    op.create_index(op.f("ix_mail_reseller_id_status"), "mail", ["reseller_id", "status"], unique=False)
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
        sa.CheckConstraint(
            "status in ('waiting_for_payment','expired','completed','cancelled')", name=op.f("ck_payment_status")
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
    op.create_index(op.f("ix_subscription_account_id"), "subscription", ["account_id"], unique=False)
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
        "document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", types.Instant(timezone=True), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("frozen", types.Json(), nullable=False),
        sa.Column("template_sha256", sa.Text(), nullable=False),
        sa.Column("used_stock", types.Flag(), nullable=False),
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
        "payment_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("merchant", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_test", types.Flag(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("queries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("query_at", types.Instant(timezone=True), nullable=True),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_payment_attempt_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_payment_attempt_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_payment_attempt_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_attempt_idempotency_key")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_payment_attempt_reseller_id_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_payment_attempt_payment_id"), "payment_attempt", ["payment_id"], unique=False)
    op.create_index(op.f("ix_payment_attempt_query_at"), "payment_attempt", ["query_at"], unique=False)
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("order_date", types.Day(), nullable=False),
        sa.Column("payer_inn", sa.Text(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_approval_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "transaction_id"],
            ["ledger_transaction.reseller_id", "ledger_transaction.id"],
            name=op.f("fk_approval_reseller_id_transaction_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_approval_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_approval_reseller_id_id")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_approval_transaction_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_approval_reseller_id_order_number"), "approval", ["reseller_id", "order_number"], unique=False
    )
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
        "gateway_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("signed_digest", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_test", types.Flag(), nullable=False),
        sa.Column("details", types.Json(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deliveries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("received_at", types.Instant(timezone=True), nullable=False),
        sa.Column("settled_at", types.Instant(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller_id", "method_id"],
            ["payment_method.reseller_id", "payment_method.id"],
            name=op.f("fk_gateway_event_reseller_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "payment_id"],
            ["payment.reseller_id", "payment.id"],
            name=op.f("fk_gateway_event_reseller_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id", "transaction_id"],
            ["ledger_transaction.reseller_id", "ledger_transaction.id"],
            name=op.f("fk_gateway_event_reseller_id_transaction_id"),
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f("fk_gateway_event_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_event")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f("uq_gateway_event_reseller_id_id")),
        sa.UniqueConstraint(
            "reseller_id",
            "source",
            "external_id",
            "signed_digest",
            name=op.f("uq_gateway_event_reseller_id_source_external_id_signed_digest"),
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_gateway_event_reseller_id_verdict_settled_at"),
        "gateway_event",
        ["reseller_id", "verdict", "settled_at"],
        unique=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("ledger_transaction_id_seq", data_type=sa.BigInteger())))
    guards = SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS
    for statement in guards:
        op.get_bind().exec_driver_sql(
            statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement
        )


def downgrade() -> None:
    raise NotImplementedError("money is not migrated backwards: restore a backup")
