"""How the mail sink treats messages: tests set it, the server asks it."""

from __future__ import annotations

import threading
from enum import StrEnum
from typing import Any


class Mode(StrEnum):
    """What the server does with a message."""

    ACCEPT = "accept"
    PERMANENT = "permanent"  # 550: the recipient is refused for good
    TEMPORARY = "temporary"  # 451: try later
    HANG = "hang"  # no answer until the mode changes
    DROP = "drop"  # the connection ends before the greeting


class Behaviour:
    """The present mode; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.set(Mode.ACCEPT)

    def set(self, mode: Mode, recipient: str = "", times: int | None = None) -> None:
        """Behave so from now on.

        recipient: only messages to this address are affected; empty means all.
        times: how often, then everything is accepted again; None means until it is set anew.
        """
        with self._lock:
            self.mode, self.recipient, self.times = mode, recipient, times

    def take(self, recipient: str) -> Mode:
        """Return how to treat a message to `recipient` now, and count it."""
        with self._lock:
            mode = self.mode
            if mode is Mode.DROP or self.recipient.lower() not in ("", recipient.lower()):
                return Mode.ACCEPT
            self._count()
            return mode

    def take_connection(self) -> Mode:
        """Return how to treat a new connection now, and count it if it is dropped."""
        with self._lock:
            if self.mode is not Mode.DROP:
                return Mode.ACCEPT
            self._count()
            return Mode.DROP

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {"mode": self.mode, "recipient": self.recipient, "times": self.times}

    def _count(self) -> None:
        if self.times is None:
            return
        self.times -= 1
        if self.times <= 0:
            self.mode, self.recipient, self.times = Mode.ACCEPT, "", None
