"""A place where a test installs the plugin `ledger_notes`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_stub.persistence import Store, open_store
from tests.platform.ledger_notes import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder of packages on the path; what was installed there is gone afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    built = Site(folder, monkeypatch)
    yield built
    built.uninstall()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url, base_url="https://panel.example")
    yield opened
    opened.close()
