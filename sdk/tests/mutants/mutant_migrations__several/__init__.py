"""Sends two statements as one, which only one of the databases takes."""

from __future__ import annotations

MESSAGE = "it says several statements at once"
