"""When a mail that waits is not worth sending any more: too old, or overtaken by what happened since it was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from host_stub.persistence import Account, LedgerTransaction, LoginToken, Mail, User
from host_stub.persistence.base import table_of
from host_stub.persistence.store import fetch, now


class Dropped(StrEnum):
    """Why a mail was not sent, in its row's `last_error`."""

    TOO_OLD = "too_old"
    TOPPED_UP = "topped_up"  # money came, or a hold tells the same more urgently
    HOLD_OVER = "hold_over"
    LINK_DEAD = "link_dead"  # used, replaced by a newer one, or past its time
    REVERSED = "reversed"  # the credit that it tells of was undone


#: How long a mail may wait. A link lives as long as it opens something, which is asked instead.
LIVES: Final[Mapping[str, timedelta]] = {"hold_entered": timedelta(days=3)}
OF_PLUGINS: Final = timedelta(days=2)
OTHERS: Final = timedelta(days=14)
_PURPOSES: Final[Mapping[str, str]] = {"invitation": "invitation", "password_reset": "reset"}


def life(category: str) -> timedelta:
    """Return how long a mail of this category may wait."""
    return LIVES.get(category, OF_PLUGINS if category.startswith("plugin:") else OTHERS)


def stale(session: Session, mail: Mail, *, clock_is_believed: bool) -> Dropped | None:
    """Say why a mail is not worth sending, if it is not.

    clock_is_believed: only then is anything too old; a clock that is ahead for a while makes nothing so.
    """
    overtaken = _CHECKS.get(mail.category)
    found = overtaken(session, mail) if overtaken is not None else None
    if found is None and clock_is_believed and now(session) - mail.created_at > life(mail.category):
        return Dropped.TOO_OLD
    return found


def _hold_over(session: Session, mail: Mail) -> Dropped | None:
    if mail.account_id is None:
        return None
    since = fetch(session, Account, mail.account_id).on_hold_since
    told = mail.once_key.startswith(f"hold:{mail.account_id}:{since.isoformat()}:") if since is not None else False
    return None if told else Dropped.HOLD_OVER


def _link_dead(session: Session, mail: Mail) -> Dropped | None:
    live = (
        select(LoginToken.token_hash)
        .join(User, User.id == LoginToken.user_id)
        .where(User.email == mail.recipient.lower(), LoginToken.purpose == _PURPOSES[mail.category])
        # A newer link has ended this one.
        .where(LoginToken.used_at.is_(None), LoginToken.created_at <= mail.created_at)
        .where(LoginToken.expires_at > now(session))
    )
    return None if session.scalars(live.limit(1)).first() is not None else Dropped.LINK_DEAD


def _reversed(session: Session, mail: Mail) -> Dropped | None:
    number = mail.once_key.split(":")[1]
    undone = exists().where(LedgerTransaction.reverses_id == int(number))
    return Dropped.REVERSED if session.scalar(select(undone)) else None


_CHECKS: Final[Mapping[str, Callable[[Session, Mail], Dropped | None]]] = {
    "hold_entered": _hold_over,
    "invitation": _link_dead,
    "password_reset": _link_dead,
    "payment_credited": _reversed,
}


_MAILS: Final = table_of(Mail).c
_OVERTAKE: Final = (
    update(table_of(Mail))
    .where(_MAILS.account_id == bindparam("of_account"), _MAILS.status == "queued", _MAILS.asks_for_money)
    .values(status="dropped", last_error=Dropped.TOPPED_UP.value, closed_at=bindparam("at"))
)


def overtake_requests(session: Session, account: Account) -> None:
    """Drop what waits to ask for money of an account: it has come, or the credit hold now asks."""
    session.execute(_OVERTAKE, {"of_account": account.id, "at": now(session)})
