"""The checks, by room. Importing this package adds them to the kit in this order."""

from __future__ import annotations

# isort: off
from billhook_kit.checks import basics
from billhook_kit.checks import imports
from billhook_kit.checks import provider
from billhook_kit.checks import gateway
from billhook_kit.checks import claims
from billhook_kit.checks import twins
from billhook_kit.checks import status
from billhook_kit.checks import events
from billhook_kit.checks import texts
from billhook_kit.checks import files
from billhook_kit.checks import hints
from billhook_kit.checks import rooms
from billhook_kit.checks import everywhere
from billhook_kit.checks import database
# isort: on

__all__ = [
    "basics",
    "claims",
    "database",
    "events",
    "everywhere",
    "files",
    "gateway",
    "hints",
    "imports",
    "provider",
    "rooms",
    "status",
    "texts",
    "twins",
]
