"""Keeps rows where it has no table."""

from __future__ import annotations

from billhook import BalanceChanged, Discard, Effect, Reader, hookimpl

MESSAGE = "there is no table 'mutant_effects__table_note' of its own"


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    return [Discard("mutant_effects__table_note", {"account_id": event.account_id})]
