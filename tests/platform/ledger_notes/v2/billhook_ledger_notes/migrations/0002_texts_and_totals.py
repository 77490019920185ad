"""Notes get a text, and each account a total."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("ledger_notes_note", recreate="always") as note:
        note.add_column(sa.Column("text", sa.String(80), nullable=False, server_default=""))
    op.create_table(
        "ledger_notes_total",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("is_debt", sa.Boolean, nullable=False),
        sa.Column("last_note_id", sa.Integer, sa.ForeignKey("ledger_notes_note.id")),
        sa.UniqueConstraint("reseller_id", "account_id"),
    )


def downgrade():
    op.drop_table("ledger_notes_total")
    with op.batch_alter_table("ledger_notes_note", recreate="always") as note:
        note.drop_column("text")
