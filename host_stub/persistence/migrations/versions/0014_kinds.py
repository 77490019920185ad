"""A movement is of a kind that the panel knows; a payment finds its approvals"""

import sqlalchemy as sa
from alembic import op


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME = "ck_ledger_transaction_kind"
CONDITION = "kind in ('credit','charge','correction','reversal')"
CHECK = f"CONSTRAINT {NAME} CHECK ({CONDITION}), "
#: What the check stands before in SQLite's text of the table.
NEXT = "CONSTRAINT pk_ledger_transaction "


def upgrade() -> None:
    op.create_index(op.f("ix_approval_payment_id"), "approval", ["payment_id"])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.create_check_constraint(op.f(NAME), "ledger_transaction", CONDITION)
        return
    strange = connection.execute(sa.text(f"select id, kind from ledger_transaction where not ({CONDITION})")).first()
    if strange is not None:
        raise RuntimeError(f"movement {strange.id} is of kind {strange.kind!r}, which the panel never posted")
    _rewrite(connection, NEXT, CHECK + NEXT)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f(NAME), "ledger_transaction")
    else:
        _rewrite(connection, CHECK, "")
    op.drop_index("ix_approval_payment_id", table_name="approval")


def _rewrite(connection: sa.Connection, old: str, new: str) -> None:
    """Change the text of the table alone, as SQLite's manual describes it for a check: no row is laid out anew.

    Making the table anew would drop the one that entries point to, which their foreign keys refuse in a transaction.
    """
    version = connection.execute(sa.text("pragma schema_version")).scalar_one()
    connection.execute(sa.text("pragma writable_schema = on"))
    changed = connection.execute(
        sa.text(
            "update sqlite_master set sql = replace(sql, :old, :new) "
            "where type = 'table' and name = 'ledger_transaction' and instr(sql, :old) > 0"
        ),
        {"old": old, "new": new},
    )
    if changed.rowcount != 1:
        raise RuntimeError("the table ledger_transaction is not as the migrations made it")
    connection.execute(sa.text(f"pragma schema_version = {version + 1}"))
    connection.execute(sa.text("pragma writable_schema = off"))
