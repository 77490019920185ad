"""Counts and reports of processes"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "metric_count",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_metric_count")),
        sqlite_strict=True,
    )
    op.create_table(
        "process_report",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reported_at", types.Instant(timezone=True), nullable=False),
        sa.Column("plugins", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_process_report")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("process_report")
    op.drop_table("metric_count")
