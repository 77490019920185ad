"""What is asked of the database for a page: its statements, and the units that they stood in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from host_stub.persistence import Store

#: How SQLite begins a unit: not a question of ours.
_BEGINNINGS = ("PRAGMA", "BEGIN")


class Asked:
    """texts: the statements in their order. units: how many transactions were begun."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self.texts: list[str] = []
        self.units = 0

    def of(self, work: Callable[[], Any]) -> Any:
        """Do the work, hear what it asks, and return its answer."""
        self.texts, self.units = [], 0
        event.listen(self._engine, "before_cursor_execute", self._said)
        event.listen(self._engine, "begin", self._began)
        try:
            return work()
        finally:
            event.remove(self._engine, "before_cursor_execute", self._said)
            event.remove(self._engine, "begin", self._began)

    def _said(self, _connection: Any, _cursor: Any, text: str, values: Any, *_more: Any) -> None:
        if not text.lstrip().upper().startswith(_BEGINNINGS):
            self.texts.append(f"{text} {values}")

    def _began(self, _connection: Any) -> None:
        self.units += 1

    @property
    def count(self) -> int:
        return len(self.texts)

    @property
    def twice(self) -> list[str]:
        """The statements that were asked more than once, with the same values."""
        return [text for text, times in Counter(self.texts).items() if times > 1]
