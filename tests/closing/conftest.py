"""A world with plans and subscriptions whose reseller is closed and opened, and whose books are proved afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.domain.actors import Actor
from host_stub.persistence import Account, LogEntry, Reseller, Store
from host_stub.services.tenants import closing
from tests.adversarial.invariants import broken_promises
from tests.support.charging_world import ChargingWorld
from tests.support.world import an_account

OPERATOR = Actor("operator", "Анна Орлова", 9)


class ClosingWorld(ChargingWorld):
    """The world of the charging tests, with an operator."""

    def close(self, **more: int) -> bool:
        return closing.close(self.store, self.reseller_id, reason="долги", by=OPERATOR, **more)

    def reopen(self, **more: int) -> bool:
        return closing.reopen(self.store, self.reseller_id, reason="договорились", by=OPERATOR, **more)

    def reseller(self) -> Reseller:
        with self.store.read() as session:
            return session.get_one(Reseller, self.reseller_id)

    def another_account(self) -> int:
        """Go on with another account of the same reseller; return its id."""
        with self.store.write() as session:
            made = an_account(session, session.get_one(Reseller, self.reseller_id), email="two@example.com")
        self.account_id = made.id
        return made.id

    def account(self) -> Account:
        with self.store.read() as session:
            return session.get_one(Account, self.account_id)

    def journal(self) -> list[LogEntry]:
        with self.store.read() as session:
            query = select(LogEntry).where(LogEntry.object_kind == "reseller").order_by(LogEntry.id)
            return list(session.scalars(query))


@pytest.fixture
def world(store: Store, clock: FixedClock) -> Iterator[ClosingWorld]:
    built = ClosingWorld(store, clock)
    yield built
    assert broken_promises(store) == []
