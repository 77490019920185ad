"""Watch the host's tables while a plugin's code runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import select

from host_stub.persistence import Base, PluginFailure, Store
from host_stub.plugins.breaker import Breaker
from host_stub.plugins.discovery import Candidate
from host_stub.plugins.registry import Registry

P = ParamSpec("P")
R = TypeVar("R")

#: What the host itself writes while it calls a plugin: that it failed.
_OURS: Final = frozenset({PluginFailure.__tablename__})


class WatchedRegistry(Registry):
    """A registry that remembers what plugins answered and, once asked to, which of the host's rows changed meanwhile.

    answers: the last answer by place. touched: `<table> (<place>)` of every change, in order.
    """

    def __init__(self, candidates: list[Candidate]) -> None:
        self.answers: dict[str, Any] = {}
        self.touched: list[str] = []
        self.watched: Store | None = None
        super().__init__(candidates)

    def call(self, plugin: str, place: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        for side in (self.guard(plugin).own, self.guard(plugin).public):
            side.breaker = Breaker(lambda: self._clock.now())  # what failed before is another call's affair
        before = _fingerprints(self.watched)
        try:
            answer = super().call(plugin, place, function, *args, **kwargs)
        finally:
            after = _fingerprints(self.watched)
            self.touched += [f"{table} ({place})" for table, known in before.items() if after[table] != known]
        self.answers[place] = answer
        return answer


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
