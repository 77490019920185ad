"""Makes what runs without the plugin."""

from __future__ import annotations

MESSAGE = "it says CREATE RULE"
