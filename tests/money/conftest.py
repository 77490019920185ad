"""A world with money, whose ledger is proved after every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Store, open_store
from tests.support.proving import doubts
from tests.support.world import World


@pytest.fixture
def store(database_url: str, clock: FixedClock) -> Iterator[Store]:
    opened = open_store(database_url, clock, pool_size=20)
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    built = World(store)
    yield built
    with store.read() as session:
        assert doubts(session) == []
