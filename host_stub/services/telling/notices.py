"""Messages in the panel, and when nobody needs them any more, nor the mails beside them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, update
from sqlalchemy.orm import Session

from host_stub.domain.errors import NotFound
from host_stub.persistence import Account, Notice, Scope, Store
from host_stub.persistence.base import table_of
from host_stub.persistence.store import fetch, now
from host_stub.services.charges import charge_watches, watches
from host_stub.services.telling import mail_life

# In SQL, past the session, like every change of many rows: none of them is loaded in a unit that moves money.
_NOTICES: Final = table_of(Notice).c
_TAKE_DOWN: Final = (
    update(table_of(Notice))
    .where(
        _NOTICES.account_id == bindparam("of_account"),
        _NOTICES.dismissed_at.is_(None),
        _NOTICES.category.not_in(bindparam("kept", expanding=True)),
    )
    .values(dismissed_at=bindparam("at"))
)


def take_down(session: Session, account: Account) -> None:
    """Dismiss what asks for money, and the mails that do: the credit hold now says so on every page."""
    session.execute(_TAKE_DOWN, {"of_account": account.id, "at": now(session), "kept": []})
    mail_life.overtaken_by_hold(session, account)


def money_came(session: Session, account: Account) -> None:
    """Dismiss what asked a locked account for money, and the mails that wait to, as far as it has what they asked for.

    What a plugin warned of and is so still stays: less came than was missing. To be called after all that follows from
    the money.
    """
    unmet = watches.below(session, account) | charge_watches.uncovered(session, account)
    kept = [f"plugin:{name}" for name in sorted(unmet)]
    session.execute(_TAKE_DOWN, {"of_account": account.id, "at": now(session), "kept": kept})
    unsent = mail_life.overtaken_by_money(session, account, kept)
    # Nobody has read of it: falling again is news at once.
    watches.untold(session, account, {category.removeprefix("plugin:") for category in unsent})


def dismiss(store: Store, scope: Scope, account_id: int, notice_id: int) -> None:
    """Close a message for everybody of its account. Raises NotFound, also for another account's."""
    with store.write(scope) as session:
        notice = fetch(session, Notice, notice_id, lock=True)
        if notice.account_id != account_id:
            raise NotFound("Notice", notice_id)
        if notice.dismissed_at is None:
            notice.dismissed_at = now(session)


def of_plugin(plugin: str) -> ColumnElement[bool]:
    """Return what picks the messages that a plugin has put up and nobody dismissed."""
    return and_(Notice.category == f"plugin:{plugin}", Notice.dismissed_at.is_(None))


def withdraw(session: Session, plugin: str) -> None:
    """Dismiss what a plugin has put up: its buttons lead nowhere once it is gone."""
    waiting = update(Notice).where(of_plugin(plugin))
    session.execute(waiting.values(dismissed_at=now(session)).execution_options(synchronize_session=False))
