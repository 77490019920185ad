"""Answers an event with a letter of its own making."""

from __future__ import annotations

from billhook import BalanceChanged, Effect, Reader, hookimpl

MESSAGE = "the hook returned dict, not a list of effects"


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    return {"to": reader.account(event.account_id).email}  # type: ignore[return-value]
