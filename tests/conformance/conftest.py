"""The conformance kit on the real host, beside FakeHost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from billhook_kit import Host, OpenHost, PluginSource, find_gateway, find_plugin
from billhook_kit.bench import Subject

from host_stub.conformance import open_panel
from tests.support.databases import Databases

MUTANTS = Path(__file__).parents[2] / "sdk/tests/mutants"


@pytest.fixture(scope="session")
def mutant() -> Callable[[str], Subject]:
    """Return the plugin that a check must fail, by the check's id."""
    of = find_plugin(str(MUTANTS / "honest_gateway.py")).module.subject  # type: ignore[union-attr]
    return lambda check: of(f"mutant_{check}")


@pytest.fixture(scope="session")
def bundled() -> Callable[[str], Subject]:
    """Return a plugin that ships with the panel, by name."""

    def subject(name: str) -> Subject:
        source = find_plugin(name)
        return Subject(source, find_gateway(source))

    return subject


@pytest.fixture
def open_on_database(databases: Databases) -> OpenHost:
    """Open panels on each kind of database in turn."""

    @contextmanager
    def opened(source: PluginSource, currency: str) -> Iterator[Host]:
        url = databases.migrated()
        with open_panel(source, currency, database_url=url) as host:
            yield host
        databases.discard(url)

    return opened
