"""Copies the secrets of everybody's payment methods into a table of its own."""

from __future__ import annotations

MESSAGE = "payment_method"
