"""A reseller can be closed"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reseller", sa.Column("closed_at", types.Instant(timezone=True), nullable=True))
    op.add_column(
        "reseller", sa.Column("catching_up", types.Flag(), nullable=False, server_default=sa.false())
    )
