"""Who does not want such mails: asked for in the mail itself, and taken back in the panel or by the same link."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from billhook import (
    AccountView,
    Discard,
    Effect,
    GoTo,
    Keep,
    Link,
    LinkRequest,
    PageAnswer,
    Reader,
    Show,
)

from billhook_low_balance_notify.settings import _

TABLE: Final = "low_balance_notify_silence"
#: What the buttons post. A mail program posts neither (RFC 8058) and means the first.
STOP: Final = "stop"
AGAIN: Final = "again"


def is_silent(reader: Reader, account_id: int) -> bool:
    """Say whether the people of an account want no mails of this plugin."""
    return bool(reader.rows(TABLE, {"account_id": account_id}, limit=1))


def address(reader: Reader, account: AccountView) -> str:
    """Return where a reader of a mail ends these mails."""
    return reader.link(LINK.name, str(account.id))


def changed(account: AccountView, wanted: str, now: datetime) -> list[Effect]:
    """Return what a press of one of the buttons does; a second press changes nothing."""
    if wanted == AGAIN:
        return [Discard(TABLE, {"account_id": account.id})]
    return [Keep(TABLE, {"account_id": account.id, "since": now}, key=("account_id",))]


def show(request: LinkRequest) -> PageAnswer:
    """Show how it stands and a button that turns it round; only the button, or a mail program, changes anything."""
    account = request.reader.account(int(request.subject))
    if request.is_post:
        wanted = request.fields.optional("wanted") or STOP
        return GoTo(LINK.name, effects=changed(account, wanted, request.now))
    context = {
        "_": _,
        "account": account,
        "silent": is_silent(request.reader, account.id),
        "stop": STOP,
        "again": AGAIN,
    }
    return Show("low_balance_notify/silence.html", context)


LINK: Final = Link("silence", show, days=365)
