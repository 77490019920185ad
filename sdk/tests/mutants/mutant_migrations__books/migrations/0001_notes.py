"""Notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "mutant_migrations__books_note",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("reseller_id", "account_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("create table mutant_migrations__books_more (id integer primary key autoincrement)")
        op.execute("delete from " + "sqlite_sequence")


def downgrade():
    op.drop_table("mutant_migrations__books_note")
