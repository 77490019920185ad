"""Notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "mutant_migrations__block_note",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("reseller_id", "account_id"),
    )
    with op.get_context().autocommit_block():
        op.execute("create index mutant_block on mutant_migrations__block_note (account_id)")


def downgrade():
    op.drop_table("mutant_migrations__block_note")
