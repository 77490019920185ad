"""Who signs in, as managers and operators see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.domain.errors import NotFound
from host_stub.domain.people import AccessLevel, UserKind
from host_stub.persistence.store import fetch
from host_stub.services.people import users


@dataclass(frozen=True, slots=True)
class Person:
    """has_password: the invitation was accepted."""

    id: int
    email: str
    name: str
    language: str
    active: bool
    has_password: bool
    created_at: datetime
    signed_in_at: datetime | None


def of(row: rows.User) -> Person:
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        language=row.language,
        active=row.active,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        signed_in_at=row.signed_in_at,
    )


def managers(session: Session, reseller_id: int) -> list[Person]:
    """Return a reseller's staff, by name."""
    return [of(row) for row in users.managers_of(session, reseller_id)]


def manager(session: Session, user_id: int, reseller_id: int | None = None) -> Person:
    """Return a member of staff of the unit's scope, or of this reseller. Raises NotFound, also for a customer's."""
    row = fetch(session, rows.User, user_id)
    if row.kind != UserKind.MANAGER or reseller_id not in (None, row.reseller_id):
        raise NotFound("User", user_id)
    return of(row)


def of_account(session: Session, account_id: int) -> list[tuple[Person, AccessLevel]]:
    """Return who may reach an account, by name."""
    return [(of(row), level) for row, level in users.users_of(session, account_id)]


def level(session: Session, account_id: int, user_id: int) -> AccessLevel:
    """Return a user's level for an account. Raises NotFound for somebody who has none, and for a missing account."""
    fetch(session, rows.Account, account_id)
    found = users.level_of(session, user_id, account_id)
    if found is None:
        raise NotFound("User", user_id)
    return found
