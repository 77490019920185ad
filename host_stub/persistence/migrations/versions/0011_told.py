"""When a watch was told last"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("balance_watch", sa.Column("told_at", types.Instant(timezone=True), nullable=True))
