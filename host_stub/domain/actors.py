"""Who does something, as the log and the ledger remember it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Actor:
    """kind: customer, manager, operator, gateway or system. user_id: the login, if a person did it.

    name: for people, kept as it was at the time.
    """

    kind: str
    name: str
    user_id: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.user_id}:{self.name}" if self.user_id is not None else f"{self.kind}::{self.name}"

    @classmethod
    def parse(cls, text: str) -> Actor:
        """Read what `str` wrote."""
        kind, user_id, name = text.split(":", 2)
        return cls(kind, name, int(user_id) if user_id else None)


SYSTEM: Final = Actor("system", "Billhook")
