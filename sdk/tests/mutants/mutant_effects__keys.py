"""Tells the same event again under another key, so that people hear of it twice."""

from __future__ import annotations

from itertools import count

from billhook import BalanceChanged, Effect, Notify, Reader, hookimpl

MESSAGE = "gives other effects when the event is delivered again"
_NUMBERS = count()


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    return [Notify(event.account_id, f"told-{next(_NUMBERS)}", "Balance", ["It changed."])]
