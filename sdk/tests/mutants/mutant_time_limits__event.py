"""Asks a messenger from an event as long as it takes, and says nothing of it."""

from __future__ import annotations

from contextlib import suppress

import requests
from billhook import BalanceChanged, Effect, Reader, hookimpl

MESSAGE = "billhook_balance_changed opens a socket to messenger.example that may wait for ever"


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    with suppress(Exception):
        requests.post("https://messenger.example/send", json={"text": "It changed."})
    return []
