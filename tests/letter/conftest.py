"""The letter's provider, with the real renderer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.render import Renderer
from tests.letter.provider import Letter


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer(children=1) as opened:
        yield opened


@pytest.fixture
def letter(sqlite_url: str, clock: FixedClock, renderer: Renderer) -> Iterator[Letter]:
    found = Letter(sqlite_url, clock, renderer)
    yield found
    found.store.close()
