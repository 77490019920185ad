"""Speaks to the database past SQLAlchemy, where nothing but the driver hears it."""

from __future__ import annotations

MESSAGE = "past SQLAlchemy"
