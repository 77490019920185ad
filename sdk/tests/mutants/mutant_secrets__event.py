"""Tells people the messenger's token."""

from __future__ import annotations

from billhook import BalanceChanged, Effect, Level, Notify, Reader, Setting, SettingKind, hookimpl

MESSAGE = "the secret 'token' stands in the answer of billhook_balance_changed"


@hookimpl
def billhook_settings() -> list[Setting]:
    return [Setting("token", SettingKind.SECRET, "Token", level=Level.RESELLER)]


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    button = ("Chat", f"https://messenger.example/bot{reader.setting('token')}/chat")
    return [Notify(event.account_id, "told", "Balance", ["It changed."], button=button)]
