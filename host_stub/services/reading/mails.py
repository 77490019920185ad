"""Mails as managers see them: what left, and what did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.persistence.listings import PAGE, Cursor, Listing, Search, contains, list_page
from host_stub.persistence.store import fetch
from host_stub.services.reading import accounts
from host_stub.services.reading.accounts import AccountName
from host_stub.services.telling.mails import SECRET_CATEGORIES


@dataclass(frozen=True, slots=True)
class Mail:
    """status: queued, sent, refused, unknown (perhaps delivered), dropped. last_error: why, or a `mail_life.Dropped`.

    text: empty if it carries a single-use link, which it keeps to itself.
    """

    id: int
    recipient: str
    subject: str
    text: str
    status: str
    attempts: int
    last_error: str
    created_at: datetime
    closed_at: datetime | None


def of(row: rows.Mail) -> Mail:
    return Mail(
        id=row.id,
        recipient=row.recipient,
        subject=row.subject,
        text="" if row.category in SECRET_CATEGORIES else row.text,
        status=row.status,
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def mail(session: Session, mail_id: int) -> tuple[Mail, AccountName | None]:
    """Return a mail and whom it concerns, None for one to staff. Raises NotFound."""
    row = fetch(session, rows.Mail, mail_id)
    account = fetch(session, rows.Account, row.account_id) if row.account_id else None
    return _with_account((row, account))


def list_mails(
    session: Session, status: str, text: str, cursor: Cursor, *, limit: int = PAGE, count: bool = True
) -> Listing[tuple[Mail, AccountName | None]]:
    """Return a page of mails, newest first. status: empty for any. text: part of an address or a subject."""
    search = Search(contains(text, rows.Mail.folded)) if text else None
    found = list_page(session, _filtered(status), rows.Mail.id, cursor, limit=limit, count=count, search=search)
    return found.of(_with_account)


def _filtered(status: str) -> Select[Any]:
    query = select(rows.Mail).join(rows.Account, rows.Account.id == rows.Mail.account_id, isouter=True)
    query = query.add_columns(rows.Account)
    return query.where(rows.Mail.status == status) if status else query


def _with_account(found: tuple[rows.Mail, rows.Account | None]) -> tuple[Mail, AccountName | None]:
    return of(found[0]), accounts.name_of(found[1]) if found[1] is not None else None
