"""Switches off what would tell on it."""

from __future__ import annotations

MESSAGE = "it says SET"
