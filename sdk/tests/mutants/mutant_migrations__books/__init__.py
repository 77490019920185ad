"""Changes the books that the database keeps on its tables."""

from __future__ import annotations

MESSAGE = "sqlite_sequence"
