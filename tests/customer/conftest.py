"""The customer's room with fake plugins, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.plugins.registry import Registry
from tests.customer.fakes import Printer, plugins
from tests.customer.seed import Room
from tests.support.web import Visitor, an_app


@pytest.fixture
def printer() -> Printer:
    return Printer()


@pytest.fixture
def room(sqlite_url: str, clock: FixedClock, printer: Printer) -> Iterator[Room]:
    """The room on SQLite: for what does not depend on the database."""
    room = Room(an_app(sqlite_url, clock, registry=Registry.of(plugins()), renderer=printer), clock)
    yield room
    room.store.close()


@pytest.fixture
def any_room(database_url: str, clock: FixedClock, printer: Printer) -> Iterator[Room]:
    """The room on each database in turn."""
    room = Room(an_app(database_url, clock, registry=Registry.of(plugins()), renderer=printer), clock)
    yield room
    room.store.close()


@pytest.fixture
def owner(room: Room) -> Visitor:
    return Visitor(room.app, room.users["owner"])
