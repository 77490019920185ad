"""Moves the number that the next account gets."""

from __future__ import annotations

MESSAGE = "it calls setval"
