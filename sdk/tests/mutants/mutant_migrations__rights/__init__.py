"""Lets everybody at the database read what customers paid."""

from __future__ import annotations

MESSAGE = "it says GRANT"
