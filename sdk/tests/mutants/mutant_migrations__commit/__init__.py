"""Commits half, behind a comment."""

from __future__ import annotations

MESSAGE = "it says COMMIT"
