"""Gives everybody's accounts a column."""

from __future__ import annotations

MESSAGE = "migrations/0001_notes.py"
