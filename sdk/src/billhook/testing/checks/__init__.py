"""The checks, by room. Importing this package adds them to the kit in this order."""

from __future__ import annotations

# isort: off
from billhook.testing.checks import basics
from billhook.testing.checks import imports
from billhook.testing.checks import provider
from billhook.testing.checks import gateway
from billhook.testing.checks import claims
from billhook.testing.checks import twins
from billhook.testing.checks import status
from billhook.testing.checks import events
from billhook.testing.checks import texts
from billhook.testing.checks import files
from billhook.testing.checks import rooms
from billhook.testing.checks import everywhere
from billhook.testing.checks import database
# isort: on

__all__ = [
    "basics",
    "claims",
    "database",
    "events",
    "everywhere",
    "files",
    "gateway",
    "imports",
    "provider",
    "rooms",
    "status",
    "texts",
    "twins",
]
