"""Proofs are kept, and a transaction finds what brought it about"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proof",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("night", sa.Text(), nullable=True),
        sa.Column("started_at", types.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", types.Instant(timezone=True), nullable=True),
        sa.Column("busy_until", types.Instant(timezone=True), nullable=True),
        sa.Column("checks", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof")),
        sa.UniqueConstraint("night", name=op.f("uq_proof_night")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_charge_transaction_id"), "charge", ["transaction_id"])
    op.create_index(op.f("ix_gateway_event_transaction_id"), "gateway_event", ["transaction_id"])


def downgrade() -> None:
    op.drop_index("ix_gateway_event_transaction_id", table_name="gateway_event")
    op.drop_index("ix_charge_transaction_id", table_name="charge")
    op.drop_table("proof")
