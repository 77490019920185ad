"""Knows a balance that falls alone."""

from __future__ import annotations

from billhook import BalanceChanged, Effect, Notify, Reader, hookimpl

MESSAGE = "billhook_balance_changed fails (before_minor 0, after_minor 60000): ValueError: nothing was charged"


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    if event.after_minor > event.before_minor:
        raise ValueError("nothing was charged")
    return [Notify(event.account_id, f"charged-{event.transaction_id}", "Charged", ["A charge was made."])]
