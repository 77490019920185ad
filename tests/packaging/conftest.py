"""Everything here is built once: it takes a minute, and the package index or uv's cache."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.packaging.environments import ROOT, Workshop

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("long")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.open(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def wheels(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The wheels of host, contract and plugins, by distribution with `_` for `-`."""
    return workshop.build(ROOT, tmp_path_factory.mktemp("wheels"), "--all-packages")
