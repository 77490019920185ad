"""Commits half, by the driver."""

from __future__ import annotations

MESSAGE = "it ends the transaction"
