"""Keeps a row that can be kept once only."""

from __future__ import annotations

from billhook import BalanceChanged, Effect, Keep, Reader, hookimpl

MESSAGE = "could not be written: IntegrityError"


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    return [Keep("mutant_effects__twice_note", {"account_id": event.account_id})]
