"""Keeps what its table has no column for."""

from __future__ import annotations

from billhook import BalanceChanged, Effect, Keep, Reader, hookimpl

MESSAGE = "mutant_effects__column_note has no column 'name'"


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    return [Keep("mutant_effects__column_note", {"account_id": event.account_id, "name": "A"})]
