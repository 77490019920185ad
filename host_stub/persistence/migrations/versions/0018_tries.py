"""A try is one key, one number and one frozen request"""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
            "state in ('unknown','started','abandoned','failed','superseded')", name=op.f("ck_gateway_operation_state")
        ),
        sa.CheckConstraint("reference_number >= 1 and reference_number <= 2147483647", name=op.f("ck_gateway_operation_number")),
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
    op.drop_index(op.f("ix_payment_attempt_payment_id"), table_name="payment_attempt")
    op.drop_index(op.f("ix_payment_attempt_query_at"), table_name="payment_attempt")
    op.drop_table("payment_attempt")


def downgrade() -> None:
    raise NotImplementedError("tries of before had no references of their own")
