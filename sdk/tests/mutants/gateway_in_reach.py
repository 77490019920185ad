"""A gateway that is in reach while the kit says so, for mutants that fail when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import honest_gateway

ONLINE: list[bool] = []


class Gateway(honest_gateway.Gateway):
    @contextmanager
    def online(self) -> Iterator[object]:
        ONLINE.append(True)
        yield
        ONLINE.clear()
