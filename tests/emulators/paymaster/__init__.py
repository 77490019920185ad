"""A stand-in for PayMaster: its payment page, its messages, its faults.

A separate program that shares no code with the plugin, so that a mistake in one is not a mistake in both. Run it with
`python -m tests.emulators.paymaster --help`; tests that only need signed fields use `Gateway`.
"""

from __future__ import annotations

from tests.emulators.paymaster.gateway import Gateway, Order

__all__ = ["Gateway", "Order"]
