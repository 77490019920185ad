"""Whose tables are plugins' own, and what plugins a worker found"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_table",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("made_at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_plugin_table")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_plugin_table_plugin"), "plugin_table", ["plugin"], unique=False)
    op.add_column("worker", sa.Column("plugins", types.Json(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("money is not migrated backwards: restore a backup")
