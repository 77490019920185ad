"""Has words for one kind of customers alone."""

from __future__ import annotations

from billhook import AccountType, BalanceChanged, Effect, Notify, Reader, hookimpl

MESSAGE = "billhook_balance_changed fails (before_minor 60000, after_minor 0): KeyError: <AccountType.COMPANY"
_TITLES = {AccountType.PERSON: "Dear customer"}


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    title = _TITLES[reader.account(event.account_id).type]
    return [Notify(event.account_id, f"told-{event.transaction_id}", title, ["Your balance changed."])]
