"""Mails say where such mails are ended"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("unsubscribe_url", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("mail", "unsubscribe_url")
