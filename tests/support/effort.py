"""What the database had to do for something, counted by the database itself: it does not depend on the machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import make_url

from host_stub.persistence import Store

#: SQLite counts steps of its virtual machine, about so many for a row that it looks at.
_STEPS_A_ROW = 10


class Effort:
    """Counts rows looked at: on PostgreSQL by the executed plans, on SQLite by steps. Statements that write are left
    out on PostgreSQL."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count: Callable[[Callable[[], object]], int] = (
            self._by_plans if store.engine.dialect.name == "postgresql" else self._by_steps
        )
        self.costliest = ""

    def of(self, work: Callable[[], object]) -> int:
        """Do the work; return how many rows were looked at, intermediate ones included."""
        return self._count(work)

    def _by_steps(self, work: Callable[[], object]) -> int:
        counted = [0]

        def step() -> None:
            counted[0] += 1

        with self._at_each_connection(lambda connection: connection.set_progress_handler(step, _STEPS_A_ROW)):
            work()
        return counted[0]

    @contextmanager
    def _at_each_connection(self, prepare: Callable[[Any], None]) -> Iterator[None]:
        self._store.engine.dispose()  # those that come are all new

        def connected(connection: Any, _record: Any) -> None:
            prepare(connection)

        event.listen(self._store.engine, "connect", connected)
        try:
            yield
        finally:
            event.remove(self._store.engine, "connect", connected)
            self._store.engine.dispose()

    def _by_plans(self, work: Callable[[], object]) -> int:
        said: list[tuple[str, Any]] = []

        def heard(_connection: Any, _cursor: Any, text: str, values: Any, *_more: Any) -> None:
            if text.lstrip().upper().startswith("SELECT"):
                said.append((text, values))

        event.listen(self._store.engine, "before_cursor_execute", heard)
        try:
            work()
        finally:
            event.remove(self._store.engine, "before_cursor_execute", heard)
        rows = [(self._rows(text, values), text) for text, values in said]
        self.costliest = max(rows, default=(0, ""))[1]
        return sum(count for count, _text in rows)

    def _rows(self, text: str, values: Any) -> int:
        url = make_url(self._store.engine.url)
        with psycopg.connect(
            host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
        ) as connection:
            row = connection.execute(f"explain (analyze, format json) {text}".encode(), values).fetchone()
            connection.rollback()
        assert row is not None
        plans = row[0] if isinstance(row[0], list) else json.loads(row[0])
        return sum(_looked_at(node) for plan in plans for node in _nodes(plan["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


def _looked_at(node: dict[str, Any]) -> int:
    dropped = [name for name in node if name.startswith("Rows Removed by")]
    return int((node["Actual Rows"] + sum(node[name] for name in dropped)) * node["Actual Loops"])
