"""What every test of the contract starts with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from billhook.host import places
from billhook_kit import patience


@pytest.fixture(autouse=True)
def no_event_loop() -> Iterator[None]:
    """Start without a running event loop: a browser of other tests keeps one in this process, as no host does."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins have six times as long: on a busy machine seconds say nothing. What tests deadlines names its own."""
    usual, seconds = places.PLACES, patience._seconds
    monkeypatch.setattr(patience, "_seconds", lambda place: seconds(place) * (6 if places.PLACES is usual else 1))
