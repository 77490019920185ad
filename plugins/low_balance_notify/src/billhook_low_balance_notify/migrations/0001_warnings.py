"""Who was warned of what, and who does not want such mails."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "low_balance_notify_warning",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),  # low_balance, charge_ahead
        sa.Column("customer", sa.String(200), nullable=False),  # as they were called then
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("balance_minor", sa.BigInteger, nullable=False),
        sa.Column("missing_minor", sa.BigInteger, nullable=False),
        sa.Column("by_mail", sa.Boolean, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),  # the instant of the event
    )
    op.create_index("low_balance_notify_warning_latest", "low_balance_notify_warning", ["reseller_id", "id"])
    op.create_index(
        "low_balance_notify_warning_of_account", "low_balance_notify_warning", ["reseller_id", "account_id", "id"]
    )
    op.create_table(
        "low_balance_notify_silence",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("reseller_id", "account_id"),
    )


def downgrade() -> None:
    op.drop_table("low_balance_notify_silence")
    op.drop_table("low_balance_notify_warning")
