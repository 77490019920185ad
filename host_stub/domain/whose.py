"""On whose behalf something is done: what they bring about pauses, and waits behind, nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

#: Names somebody, the widest circle first: reseller, then person. Empty: nobody in particular.
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whose:
    """reseller_id: whose room, method or customer it is. person: who asks: a user, or a network address."""

    reseller_id: int | None = None
    person: str = ""

    @property
    def path(self) -> Path:
        """Name who it is, so that two who have nothing to do with each other share no beginning."""
        if self.reseller_id is None:
            return (self.person,) if self.person else ()
        return (f"reseller {self.reseller_id}", self.person) if self.person else (f"reseller {self.reseller_id}",)


def reseller_of(path: Path) -> int | None:
    """Return the reseller that a path names, if it names one."""
    kind, _space, number = path[0].partition(" ") if path else ("", "", "")
    return int(number) if kind == "reseller" else None


_NOBODY: Final = Whose()
_present: ContextVar[Whose] = ContextVar("billhook_whose", default=_NOBODY)


def present() -> Whose:
    """Return on whose behalf this thread works, nobody's if it was not said."""
    return _present.get()


def begin(whose: Whose) -> None:
    """Work for somebody from here on: for what begins anew each time, as a request does."""
    _present.set(whose)


@contextmanager
def on_behalf_of(reseller_id: int | None) -> Iterator[None]:
    """Work for a reseller within the block; whichever person asks stays the same."""
    before = _present.get()
    if before.reseller_id == reseller_id:
        yield
        return
    token = _present.set(Whose(reseller_id, before.person))
    try:
        yield
    finally:
        _present.reset(token)
