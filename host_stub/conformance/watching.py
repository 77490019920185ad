"""Watch the host's tables, and who asks for them, while a plugin's code runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from textwrap import shorten
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import Engine, event, select

from host_stub.persistence import Base, PluginFailure, Store
from host_stub.plugins.discovery import Candidate
from host_stub.plugins.registry import Registry

P = ParamSpec("P")
R = TypeVar("R")

#: Whose code asks a database on behalf of a plugin.
_HOSTS: Final = ("host_stub.", "billhook.")
#: Of a statement, as much as tells what it is about.
_LONGEST: Final = 80
#: What the host itself writes while it calls a plugin: that it failed.
_OURS: Final = frozenset({PluginFailure.__tablename__})


class WatchedRegistry(Registry):
    """A registry that remembers what plugins answered and, once it watches, what became of the host's tables meanwhile.

    answers: the last answer by place. touched: `<table> (<place>)` of every change, in order.
    asked: `<sql> (<place>)` of every statement that a plugin's own code sent, in order. Without a place if the kit
    called it.
    """

    def __init__(self, candidates: list[Candidate]) -> None:
        self.answers: dict[str, Any] = {}
        self.touched: list[str] = []
        self.asked: list[str] = []
        self.watched: Store | None = None
        self._place = ""
        super().__init__(candidates)

    def call(self, plugin: str, place: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        for side in self.guard(plugin).sides.values():
            side.forget()  # what failed before is another call's affair
        before, outer = _fingerprints(self.watched), self._place
        self._place = place
        try:
            answer = super().call(plugin, place, function, *args, **kwargs)
        finally:
            self._place = outer
            after = _fingerprints(self.watched)
            self.touched += [f"{table} ({place})" for table, known in before.items() if after[table] != known]
        self.answers[place] = answer
        return answer

    @contextmanager
    def hearing(self, package: str) -> Iterator[None]:
        """Note inside the block, once the registry watches, what the code of a package asks of any database."""

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if self.watched is not None and _is_sent_by(package):
                where = f" ({self._place})" if self._place else ""
                self.asked.append(f"{shorten(statement, _LONGEST, placeholder=' …')}{where}")

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", note)


def _is_sent_by(package: str) -> bool:
    """Say whether a package's code is nearest to a statement that is about to be sent.

    A plugin that uses its reader has the host's code in between.
    """
    frame = sys._getframe(2)
    while frame is not None:
        name = f"{frame.f_globals.get('__name__', '')}."
        if name.startswith(_HOSTS):
            return False
        if name.startswith(f"{package}."):
            return bool(package)
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _fingerprints(store: Store | None) -> Mapping[str, str]:
    """Return a digest of the rows of each of the host's tables; nothing if nobody watches."""
    if store is None:
        return {}
    with store.read() as session:
        return {
            table.name: sha256(repr(sorted(map(repr, session.execute(select(table))))).encode()).hexdigest()
            for table in Base.metadata.sorted_tables
            if table.name not in _OURS
        }
