"""Starts of an attempt are counted, and a receiver finds its lanes whatever waits for others"""

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    counted = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("payment_attempt", sa.Column("starts", counted, nullable=False, server_default="1"))
    op.drop_index("ix_lane_ready_at", table_name="lane")
    op.create_index("ix_lane_receiver_ready_at", "lane", ["receiver", "ready_at"])
