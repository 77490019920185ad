"""Leaves its table when it is taken back."""

from __future__ import annotations

MESSAGE = "its downgrade leaves mutant_migrations__back_note"
