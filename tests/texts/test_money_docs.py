"""The SQL in `docs/money.md` runs, finds nothing in a sound ledger, and finds what is unsound."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Payment, open_store
from host_stub.services.money_in.approvals import BankOrder, approve_payment
from tests.support.world import MANAGER, World, rub

PAGE = Path(__file__).parents[2] / "docs/money.md"


def statements() -> list[str]:
    block = re.search(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), flags=re.S)
    assert block is not None
    return [statement for statement in block[1].split(";") if statement.strip()]


@pytest.fixture
def world(database_url: str, clock: FixedClock) -> World:
    return World(open_store(database_url, clock))


def test_the_proofs_in_sql_find_what_is_there(world: World) -> None:
    unproved, lopsided, received = statements()
    payment_id = world.a_payment()
    with world.store.write() as session:
        session.get_one(Payment, payment_id).method_id = world.bank_id
    approve_payment(world.store, world.scope, payment_id, BankOrder(rub("70.00"), "1", date(2020, 11, 13)), by=MANAGER)

    with world.store.read() as session:
        assert session.execute(text(unproved)).all() == []
        assert session.execute(text(lopsided)).all() == []
        assert [tuple(row) for row in session.execute(text(received))] == [(world.bank_id, "RUB", 7000)]

    with world.store.write() as session:
        session.get_one(Account, world.account_id).balance_minor += 1
    with world.store.read() as session:
        assert [tuple(row) for row in session.execute(text(unproved))] == [(world.account_id, 7001, 7000)]
    world.store.close()
