"""What one account's charge costs does not depend on how many others are due: counted by the databases themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Store, Subscription, open_store
from host_stub.services.charges import charging
from tests.conftest import LETTER_DAY
from tests.support.crowd import Crowd, Size
from tests.support.databases import Databases
from tests.support.effort import Effort

FEW, MANY, CHARGED = Size(60), Size(3_000), 20


@pytest.mark.long
def test_an_account_costs_the_same_whether_sixty_or_three_thousand_are_due(databases: Databases) -> None:
    rows = [rows_looked_at(databases, size) for size in (FEW, MANY)]

    assert rows[0] > 0
    assert rows[1] <= 1.3 * rows[0]


def rows_looked_at(databases: Databases, size: Size) -> int:
    url = databases.migrated()
    store = open_store(url, FixedClock(LETTER_DAY))
    Crowd(store, size)
    charging.run_due(store, limit=2)
    done: list[int] = []
    rows = Effort(store).of(lambda: done.append(charging.run_due(store, limit=CHARGED)))
    store.close()
    databases.discard(url)
    assert done == [CHARGED]
    return rows


def test_a_charge_takes_one_transaction_and_no_statement_for_what_others_owe(store: Store) -> None:
    Crowd(store, Size(4))
    charging.run_due(store, limit=1)
    begun: list[str] = []
    event.listen(store.engine, "begin", lambda _connection: begun.append("begin"))

    assert charging.run_due(store, limit=3) == 3

    assert len(begun) == 1 + 3  # who is due, and then each account


def test_a_run_charges_those_first_who_have_waited_longest(store: Store) -> None:
    crowd = Crowd(store, Size(6))
    with store.write() as session:
        for subscription in session.scalars(select(Subscription).where(Subscription.account_id > 4)):
            subscription.next_charge_at = LETTER_DAY.replace(hour=LETTER_DAY.hour - 1)

    charging.run_due(store, limit=2)

    with store.read() as session:
        charged = session.scalars(select(Account.id).where(Account.event_sequence > 0).order_by(Account.id)).all()
    assert (crowd.size.accounts, charged) == (6, [5, 6])
