"""Waits carry when they were written and whose they are, mails that were perhaps delivered, workers tell of their jobs"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("lane", sa.Column("reseller_id", number, nullable=False, server_default="0"))
    op.add_column("lane", sa.Column("set_at", types.Instant(timezone=True), nullable=True))
    op.execute(
        "update lane set reseller_id = coalesce((select min(outbox.reseller_id) from outbox"
        " where outbox.receiver = lane.receiver and outbox.lane = lane.lane), 0)"
    )
    op.drop_index("ix_lane_receiver_ready_at", table_name="lane")
    op.create_index("ix_lane_receiver_reseller_id_ready_at", "lane", ["receiver", "reseller_id", "ready_at"])
    op.create_index("ix_lane_set_at", "lane", ["set_at"])
    op.add_column("mail", sa.Column("asks_for_money", types.Flag(), nullable=False, server_default=sa.false()))
    op.add_column("mail", sa.Column("unanswered", number, nullable=False, server_default="0"))
    op.add_column("worker", sa.Column("told", types.Json(), nullable=True))
    op.create_table(
        "clock_mark",
        sa.Column("id", number, nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_mark")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("clock_mark")
    op.drop_column("worker", "told")
    op.drop_column("mail", "unanswered")
    op.drop_column("mail", "asks_for_money")
    op.drop_index("ix_lane_set_at", table_name="lane")
    op.drop_index("ix_lane_receiver_reseller_id_ready_at", table_name="lane")
    op.create_index("ix_lane_receiver_ready_at", "lane", ["receiver", "ready_at"])
    op.drop_column("lane", "set_at")
    op.drop_column("lane", "reseller_id")
