"""Notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "mutant_migrations__rights_note",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("reseller_id", "account_id"),
    )
    op.execute("grant select on payment to public")


def downgrade():
    op.drop_table("mutant_migrations__rights_note")
