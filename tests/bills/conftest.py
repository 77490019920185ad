from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.render import Renderer
from host_stub.plugins.registry import Registry
from tests.bills.bill import Bill
from tests.support.web import an_app


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as opened:
        yield opened


@pytest.fixture
def bill(database_url: str, clock: FixedClock, renderer: Renderer) -> Iterator[Bill]:
    opened = Bill(an_app(database_url, clock, registry=Registry.discover(), renderer=renderer))
    yield opened
    opened.store.close()
