"""Notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "mutant_migrations_note",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account_id"),
    )


def downgrade():
    op.drop_table("mutant_migrations_note")
