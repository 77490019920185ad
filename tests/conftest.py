"""Fixtures for the tests of the whole: databases, the clock, a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from billhook_kit import patience

from host_stub.domain import whose
from host_stub.domain.whose import Whose
from host_stub.plugins import containment, guard
from tests.support.compiled import compile_once
from tests.support.databases import Databases, NoPostgresql, SqliteDatabases, postgresql_server
from tests.support.lock_order import resellers_before_all_else
from tests.support.machine import lacking
from tests.support.network import only_this_machine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from host_stub.adapters.clock import FixedClock
    from host_stub.persistence import Store
    from tests.support.charging_world import ChargingWorld

DATABASES = ("sqlite", "postgresql")
# The day of the customer letter's screenshots.
LETTER_DAY = datetime(2020, 11, 13, 9, 0, tzinfo=UTC)


compile_once()


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    with only_this_machine():
        yield


@pytest.fixture(autouse=True, scope="session")
def _order_of_locks(request: pytest.FixtureRequest) -> Iterator[None]:
    # Benchmarks measure the panel, not its watch.
    measured = all(item.get_closest_marker("bench") for item in request.session.items)
    with nullcontext() if measured else resellers_before_all_else():
        yield


@pytest.fixture(autouse=True, scope="session")
def _patience() -> Iterator[None]:
    """Plugins have six times as long: on a busy machine seconds say nothing. What tests deadlines names its own."""
    patient = {name: replace(place, seconds=place.seconds * 6) for name, place in guard.PLACES.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "PLACES", patient)
        patch.setattr(containment, "QUEUE_SECONDS", 6 * containment.QUEUE_SECONDS)
        yield


@pytest.fixture(autouse=True)
def _patience_of_the_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the kit's own deadlines."""
    seconds = patience._seconds
    monkeypatch.setattr(patience, "_seconds", lambda place: 6 * seconds(place))


@pytest.fixture(autouse=True)
def _on_nobodys_behalf() -> None:
    """A panel's requests run in the test's own thread: the next test works for none of their visitors."""
    whose.begin(Whose())


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """SQLite files, each a copy of one migrated file."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[Databases | str]:
    with ExitStack() as stack:
        try:
            server: Databases | str = stack.enter_context(postgresql_server())
        except NoPostgresql as missing:
            server = str(missing)
        yield server


@pytest.fixture(scope="session")
def postgresql_databases(_postgresql: Databases | str) -> Databases:
    """A real PostgreSQL server; skips without one, fails in CI."""
    return lacking(_postgresql) if isinstance(_postgresql, str) else _postgresql


@pytest.fixture(params=DATABASES)
def databases(request: pytest.FixtureRequest) -> Databases:
    """Each kind of database in turn, for tests that want several or empty ones."""
    found: Databases = request.getfixturevalue(f"{request.param}_databases")
    return found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The address of an empty migrated database; the test runs on SQLite and on PostgreSQL."""
    url = databases.migrated()
    yield url
    databases.discard(url)


@pytest.fixture
def sqlite_url(sqlite_databases: Databases) -> Iterator[str]:
    """The address of an empty migrated SQLite database, for what does not depend on the database."""
    url = sqlite_databases.migrated()
    yield url
    sqlite_databases.discard(url)


@pytest.fixture
def postgresql_url(postgresql_databases: Databases) -> Iterator[str]:
    """The address of an empty migrated PostgreSQL database."""
    url = postgresql_databases.migrated()
    yield url
    postgresql_databases.discard(url)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at 13 November 2020, 12:00 in Moscow, until the test moves it."""
    from host_stub.adapters.clock import FixedClock

    return FixedClock(LETTER_DAY)


@pytest.fixture
def store(database_url: str, clock: FixedClock) -> Iterator[Store]:
    """The store of an empty migrated database, at the clock's time."""
    from host_stub.persistence import open_store

    opened = open_store(database_url, clock, pool_size=20, base_url="https://panel.example")
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store, clock: FixedClock) -> Iterator[ChargingWorld]:
    """A world with money, plans and subscriptions, whose ledger is proved after the test."""
    from tests.support.charging_world import ChargingWorld
    from tests.support.proving import doubts

    yield ChargingWorld(store, clock)
    with store.read() as session:
        assert doubts(session) == []


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Browser | str]:
    from tests.support.browser import NoBrowser, chromium

    with ExitStack() as stack:
        try:
            running: Browser | str = stack.enter_context(chromium())
        except NoBrowser as missing:
            running = str(missing)
        yield running


@pytest.fixture
def browser(_chromium: Browser | str) -> Browser:
    """A running Chromium, for tests that need several sessions or sizes; skips without one, fails in CI."""
    return lacking(_chromium) if isinstance(_chromium, str) else _chromium


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page of a new session, Russian and in Moscow.

    Fails the test at its end when a script failed or the content security policy refused something.
    """
    from tests.support.browser import PageFaults

    with browser.new_context(locale="ru-RU", timezone_id="Europe/Moscow") as context:
        page = context.new_page()
        faults = PageFaults(page)
        yield page
    assert not faults.found, "\n".join(faults.found)
