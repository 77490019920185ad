from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from billhook import DocumentSource

from host_stub.adapters.render import Limits, Renderer

STOCK = "<p>stock {{ payment.total }}</p>"

MakeSource = Callable[..., DocumentSource]


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    with Renderer(Limits(cpu_seconds=2, wall_seconds=6.0), children=1) as shared:
        yield shared


@pytest.fixture
def make_source() -> MakeSource:
    def make(template: str = STOCK, *, assets: dict[str, bytes] | None = None, **context: object) -> DocumentSource:
        values = {"payment": {"total": "5 000,00", "account_name": "ООО «Ромашка»"}} | context
        return DocumentSource(template, STOCK, values, assets or {})

    return make
