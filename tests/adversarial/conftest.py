"""A world with money, plans and subscriptions, whose ledger is proved after every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Store, open_store
from host_stub.services import ledger
from tests.support.charging_world import ChargingWorld


@pytest.fixture
def store(database_url: str, clock: FixedClock) -> Iterator[Store]:
    opened = open_store(database_url, clock, pool_size=20, base_url="https://panel.example")
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store, clock: FixedClock) -> Iterator[ChargingWorld]:
    built = ChargingWorld(store, clock)
    yield built
    with store.read() as session:
        assert ledger.prove(session) == []
