"""Settings of the operator"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator_setting",
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "key", name=op.f("pk_operator_setting")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    raise NotImplementedError("settings are not migrated backwards: restore a backup")
