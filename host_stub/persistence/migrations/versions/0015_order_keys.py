"""Numbers of payment orders are compared without zeros, labels, dates and letters that look alike"""

import sqlalchemy as sa
from alembic import op

from host_stub.domain.requisites import order_key


revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BATCH = 5000

NO_UPDATE = (
    "create trigger approval_no_update before update on approval "
    "begin select raise(abort, 'approval is append-only'); end"
)


def upgrade() -> None:
    op.add_column("approval", sa.Column("order_key", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    # An approval is not changed by having its number written in a second way.
    op.execute("drop trigger approval_no_update" if sqlite else "alter table approval disable trigger user")
    _write_keys(connection)
    op.execute(NO_UPDATE if sqlite else "alter table approval enable trigger user")
    op.drop_index("ix_approval_reseller_id_order_number", table_name="approval")
    op.create_index("ix_approval_reseller_id_order_key", "approval", ["reseller_id", "order_key"])


def downgrade() -> None:
    op.drop_index("ix_approval_reseller_id_order_key", table_name="approval")
    op.create_index("ix_approval_reseller_id_order_number", "approval", ["reseller_id", "order_number"])
    op.drop_column("approval", "order_key")


def _write_keys(connection: sa.Connection) -> None:
    # By the present code, unlike all else in a revision: keys are compared with those that it makes.
    rows = sa.table("approval", sa.column("id"), sa.column("order_number"), sa.column("order_key"))
    last = 0
    while True:
        query = sa.select(rows.c.id, rows.c.order_number).where(rows.c.id > last)
        found = connection.execute(query.order_by(rows.c.id).limit(BATCH)).all()
        if not found:
            return
        connection.execute(
            sa.update(rows).where(rows.c.id == sa.bindparam("row_id")).values(order_key=sa.bindparam("key")),
            # A number of signs alone, as was once accepted, stays its own key.
            [{"row_id": row.id, "key": order_key(row.order_number) or row.order_number} for row in found],
        )
        last = found[-1].id
