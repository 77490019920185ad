"""The seller is the reseller's, and a document has versions"""

import sqlalchemy as sa
from alembic import op

from host_stub.persistence import types


revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FORMER = "content, sha256, frozen, issued_at"
FROZEN = "version, issued_at, issued_on, content, sha256, frozen, stated, seller, seller_sha256, reason"
COLUMNS = {
    "issued_on": "1970-01-01",
    "stated": "[]",
    "seller": "{}",
    "seller_sha256": "",
    "reason": "",
    "withdrawn_by": "",
    "withdrawn_reason": "",
}


def upgrade() -> None:
    _table(
        "seller_requisites",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("values", types.Json(), nullable=False),
        sa.Column("changed_at", types.Instant(timezone=True), nullable=False),
        sa.UniqueConstraint("reseller_id", "scheme", name=op.f("uq_seller_requisites_reseller_id_scheme")),
    )
    _table(
        "seller_account",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("values", types.Json(), nullable=False),
        sa.Column("is_default", types.Flag(), nullable=False),
        sa.Column("closed_at", types.Instant(timezone=True), nullable=True),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
    )
    default = sa.text("is_default")
    op.create_index(
        "uq_seller_account_default",
        "seller_account",
        ["reseller_id", "scheme"],
        unique=True,
        sqlite_where=default,
        postgresql_where=default,
    )
    _table(
        "seller_regime",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("vat", sa.Text(), nullable=False),
        sa.Column("created_at", types.Instant(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            "reseller_id", "scheme", "valid_from", name=op.f("uq_seller_regime_reseller_id_scheme_valid_from")
        ),
    )
    _table(
        "method_account",
        sa.Column("method_id", INT, nullable=False),
        sa.Column("account_id", INT, nullable=False),
        _within("method_account", "method_id", "payment_method"),
        _within("method_account", "account_id", "seller_account"),
        sa.UniqueConstraint("method_id", name=op.f("uq_method_account_method_id")),
    )
    for name, default in COLUMNS.items():
        op.add_column("document", sa.Column(name, sa.Text(), nullable=False, server_default=default))
    op.add_column("document", sa.Column("withdrawn_at", types.Instant(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_document_reseller_id_method_id_seller_sha256"), "document", ["reseller_id", "method_id", "seller_sha256"]
    )
    _freeze(FROZEN)


def downgrade() -> None:
    _freeze(FORMER)
    op.drop_index(op.f("ix_document_reseller_id_method_id_seller_sha256"), table_name="document")
    for name in ("withdrawn_at", *COLUMNS):
        op.drop_column("document", name)
    for table in ("method_account", "seller_regime", "seller_account", "seller_requisites"):
        op.drop_table(table)


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", INT, nullable=False),
        sa.Column("reseller_id", INT, nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name=op.f(f"fk_{name}_reseller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("reseller_id", "id", name=op.f(f"uq_{name}_reseller_id_id")),
        sqlite_strict=True,
    )


def _within(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["reseller_id", column], [f"{to}.reseller_id", f"{to}.id"], name=op.f(f"fk_{table}_reseller_id_{column}")
    )


def _freeze(columns: str) -> None:
    when = f"create trigger document_frozen before update of {columns} on document"
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger document_frozen")
        op.execute(f"{when} begin select raise(abort, 'an issued document is frozen'); end")
        return
    op.execute("drop trigger document_frozen on document")
    op.execute(f"{when} for each row execute function billhook_frozen()")
