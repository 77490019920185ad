"""Which tables the kit sees in a plugin's code, without running it."""

from __future__ import annotations

import ast

import pytest
from billhook_kit.checks.files import _named


@pytest.mark.parametrize(
    ("code", "tables"),
    [
        ('op.create_table("shop_order", sa.Column("id", sa.Integer))', ["shop_order"]),
        ('op.drop_column("account", "balance")', ["account"]),
        ('op.alter_column("account", "balance", nullable=True)', ["account"]),
        ('with op.batch_alter_table("shop_order") as table:\n    table.drop_column("paid_at")', ["shop_order"]),
        (
            'with op.batch_alter_table("shop_order") as table:\n    table.alter_column("paid_at", nullable=True)',
            ["shop_order"],
        ),
        ('connection.execute("update account set balance = 0")', ["account"]),
    ],
)
def test_tables_are_seen_and_columns_are_not_taken_for_them(code: str, tables: list[str]) -> None:
    assert [table for node in ast.walk(ast.parse(code)) for table in _named(node)] == tables
