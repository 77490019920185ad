"""A note of every movement."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "ledger_notes_note",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("transaction_id", sa.BigInteger, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("reseller_id", "transaction_id"),
    )
    op.create_index("ledger_notes_note_of_account", "ledger_notes_note", ["reseller_id", "account_id"])


def downgrade():
    op.drop_table("ledger_notes_note")
