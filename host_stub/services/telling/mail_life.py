"""When a mail that waits is not worth sending any more: too old, or overtaken by what happened since it was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, select, update
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
    checks = [*_CHECKS.get(mail.category, ()), *((_out_of_time,) if clock_is_believed else ())]
    return next((found for check in checks if (found := check(session, mail)) is not None), None)


def _out_of_time(session: Session, mail: Mail) -> Dropped | None:
    if mail.category in _PURPOSES and not _links(session, mail, LoginToken.expires_at > now(session)):
        return Dropped.LINK_DEAD
    return Dropped.TOO_OLD if now(session) - mail.created_at > life(mail.category) else None


def _hold_over(session: Session, mail: Mail) -> Dropped | None:
    if mail.account_id is None:
        return None
    since = fetch(session, Account, mail.account_id).on_hold_since
    told = mail.once_key.startswith(f"hold:{mail.account_id}:{since.isoformat()}:") if since is not None else False
    return None if told else Dropped.HOLD_OVER


def _link_dead(session: Session, mail: Mail) -> Dropped | None:
    return None if _links(session, mail) else Dropped.LINK_DEAD


def _links(session: Session, mail: Mail, *conditions: ColumnElement[bool]) -> bool:
    """Say whether the link of a mail was neither used nor replaced, and meets the conditions."""
    live = (
        select(LoginToken.token_hash)
        .join(User, User.id == LoginToken.user_id)
        .where(User.email == mail.recipient.lower(), LoginToken.purpose == _PURPOSES[mail.category])
        # A newer link has ended this one.
        .where(LoginToken.used_at.is_(None), LoginToken.created_at <= mail.created_at, *conditions)
    )
    return session.scalars(live.limit(1)).first() is not None


def _reversed(session: Session, mail: Mail) -> Dropped | None:
    number = mail.once_key.split(":")[1]
    undone = exists().where(LedgerTransaction.reverses_id == int(number))
    return Dropped.REVERSED if session.scalar(select(undone)) else None


_Check = Callable[[Session, Mail], Dropped | None]
_CHECKS: Final[Mapping[str, tuple[_Check, ...]]] = {
    "hold_entered": (_hold_over,),
    "invitation": (_link_dead,),
    "password_reset": (_link_dead,),
    "payment_credited": (_reversed,),
}


_MAILS: Final = table_of(Mail).c
_OVERTAKE: Final = (
    update(table_of(Mail))
    .where(_MAILS.account_id == bindparam("of_account"), _MAILS.status == "queued", _MAILS.asks_for_money)
    .values(status="dropped", last_error=Dropped.TOPPED_UP.value, closed_at=bindparam("at"))
)
# The hold's own mail has an end of its own: the hold's.
_BY_MONEY: Final = _OVERTAKE.where(
    _MAILS.category.not_in(bindparam("kept", expanding=True)), _MAILS.category != "hold_entered"
).returning(_MAILS.category)


def overtaken_by_hold(session: Session, account: Account) -> None:
    """Drop what waits to ask for money of an account: the credit hold now asks."""
    session.execute(_OVERTAKE, {"of_account": account.id, "at": now(session)})


def overtaken_by_money(session: Session, account: Account, kept: Sequence[str]) -> set[str]:
    """Drop what waits to ask for money of an account: it has come. Return the categories of what was dropped.

    kept: categories whose requests are not met yet.
    """
    return set(session.scalars(_BY_MONEY, {"of_account": account.id, "at": now(session), "kept": kept}))
