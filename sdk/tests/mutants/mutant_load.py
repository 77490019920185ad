"""Answers to a hook that nobody calls."""

from __future__ import annotations

from billhook import hookimpl

MESSAGE = "billhook_ballance_changed"


@hookimpl
def billhook_ballance_changed() -> list[object]:
    return []
