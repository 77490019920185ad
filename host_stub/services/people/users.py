"""Logins: managers of a reseller, and customers' users with their access levels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM, Actor
from host_stub.domain.errors import NotFound, RefusedError, ResellerClosed
from host_stub.domain.texts import clean_line
from host_stub.persistence import (
    AccessLevel,
    Account,
    AccountAccess,
    LoginToken,
    Reseller,
    Scope,
    Store,
    User,
    UserKind,
)
from host_stub.persistence.store import fetch, now
from host_stub.services.people import signin
from host_stub.services.telling import journal, mails
from host_stub.services.tenants.open_resellers import is_open

_EMAIL = re.compile(r"\A[^@\s<>\"',;:\\\x00-\x1f\x7f]{1,64}@[^@\s<>\"',;:\\\x00-\x1f\x7f]{1,190}\Z")
INVITATION_LIFETIME: Final = timedelta(days=7)


class InvalidEmail(RefusedError):
    """The text is no e-mail address."""


class EmailTaken(RefusedError):
    """Somebody in the installation has this address."""


class LastOwner(RefusedError):
    """An account keeps at least one owner who can sign in."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a form says about a person. language: `ru` or `en`."""

    email: str
    name: str
    language: str = "ru"


@dataclass(frozen=True, slots=True)
class Invitations:
    """How invitations are made: base_url without a slash at its end."""

    base_url: str
    lifetime: timedelta = INVITATION_LIFETIME


def add_manager(session: Session, reseller_id: int, person: NewUser, *, by: Actor, invitations: Invitations) -> User:
    """Make a member of staff and invite them by mail. Raises InvalidEmail, EmailTaken, ResellerClosed."""
    user = _add(session, reseller_id, UserKind.MANAGER, person, by=by)
    invite(session, user, by=by, invitations=invitations)
    return user


def add_customer(
    session: Session, account: Account, person: NewUser, level: AccessLevel, *, by: Actor, invitations: Invitations
) -> User:
    """Give a person access to an account.

    Who has a customer's login with the same reseller gets the account added; anybody else's address is taken.
    Raises InvalidEmail, EmailTaken, ResellerClosed.
    """
    _refuse_closed(session, account.reseller_id)
    user = session.scalars(
        select(User).where(
            User.email == signin.normal_email(person.email),
            User.reseller_id == account.reseller_id,
            User.kind == UserKind.CUSTOMER,
        )
    ).one_or_none()
    if user is None:
        user = _add(session, account.reseller_id, UserKind.CUSTOMER, person, by=by)
        invite(session, user, by=by, invitations=invitations)
    set_level(session, account, user, level, by=by)
    return user


def invite(session: Session, user: User, *, by: Actor, invitations: Invitations) -> str:
    """Mail a new invitation, and return its link; earlier ones stop working. Raises ResellerClosed."""
    _refuse_closed(session, user.reseller_id)
    link = signin.issue_link(
        session,
        user,
        signin.Purpose.INVITATION,
        base_url=invitations.base_url,
        lifetime=invitations.lifetime,
    )
    mails.invitation(session, user, link)
    journal.log(session, "user", user.id, "user.invited", reseller_id=user.reseller_id, by=by)
    return link


def hire(store: Store, scope: Scope, reseller_id: int, person: NewUser, *, by: Actor, invitations: Invitations) -> None:
    """Make a member of staff and invite them by mail. Raises InvalidEmail, EmailTaken, ResellerClosed."""
    with store.write(scope) as session:
        add_manager(session, reseller_id, person, by=by, invitations=invitations)


def admit(
    store: Store,
    scope: Scope,
    account_id: int,
    person: NewUser,
    level: AccessLevel,
    *,
    by: Actor,
    invitations: Invitations,
) -> None:
    """Give a person access to an account. Raises NotFound, and what `add_customer` raises."""
    with store.write(scope) as session:
        account = fetch(session, Account, account_id, lock=True)
        add_customer(session, account, person, level, by=by, invitations=invitations)


def change_level(
    store: Store, scope: Scope, account_id: int, user_id: int, level: AccessLevel | None, *, by: Actor
) -> None:
    """Set the level of a user who reaches an account; None takes the access away. Raises NotFound, LastOwner."""
    with store.write(scope) as session:
        account = fetch(session, Account, account_id, lock=True)
        user = fetch(session, User, user_id)
        if level_of(session, user_id, account_id) is None:
            raise NotFound("User", user_id)
        if level is None:
            take_access(session, account, user, by=by)
        else:
            set_level(session, account, user, level, by=by)


def invite_again(store: Store, scope: Scope, user_id: int, *, by: Actor, invitations: Invitations) -> None:
    """Mail another invitation to who has no password yet; nothing to anybody else. Raises NotFound, ResellerClosed."""
    with store.write(scope) as session:
        user = fetch(session, User, user_id, lock=True)
        if user.password_hash is None:
            invite(session, user, by=by, invitations=invitations)


def switch_manager(store: Store, scope: Scope, user_id: int, active: bool, *, by: Actor) -> None:
    """Switch a member of staff on or off: whether they may sign in. Raises NotFound, also for a customer's user."""
    with store.write(scope) as session:
        user = fetch(session, User, user_id, lock=True)
        if user.kind != UserKind.MANAGER:
            raise NotFound("User", user_id)
        set_active(session, user, active, by=by)


def choose_language(store: Store, scope: Scope, user_id: int, language: str) -> None:
    """Keep the language that a user wants to read. Raises NotFound."""
    with store.write(scope) as session:
        fetch(session, User, user_id).language = language


def create_operator(session: Session, person: NewUser, *, company: str = "") -> User:
    """Make a manager of the root reseller, and the root reseller if there is none. They have no password yet.

    Raises InvalidEmail, EmailTaken.
    """
    root = operator(session)
    if root is None:
        root = Reseller(name=company or "Billhook", is_operator=True, created_at=now(session))
        session.add(root)
        session.flush()
    return _add(session, root.id, UserKind.MANAGER, person, by=SYSTEM)


def operator(session: Session) -> Reseller | None:
    """Return the root reseller, None before the set-up."""
    return session.scalars(select(Reseller).where(Reseller.is_operator).order_by(Reseller.id).limit(1)).one_or_none()


def level_of(session: Session, user_id: int, account_id: int) -> AccessLevel | None:
    """Return a user's level for an account, None if it is not theirs."""
    found = session.get(AccountAccess, (account_id, user_id))
    return AccessLevel(found.level) if found else None


def users_of(session: Session, account_id: int) -> list[tuple[User, AccessLevel]]:
    """Return who may reach an account, by name."""
    query = (
        select(User, AccountAccess.level)
        .join(AccountAccess, AccountAccess.user_id == User.id)
        .where(AccountAccess.account_id == account_id)
        .order_by(User.name, User.id)
    )
    return [(user, AccessLevel(level)) for user, level in session.execute(query)]


def managers_of(session: Session, reseller_id: int) -> list[User]:
    """Return a reseller's staff, by name."""
    query = select(User).where(User.reseller_id == reseller_id, User.kind == UserKind.MANAGER).order_by(User.name)
    return list(session.scalars(query))


def set_level(session: Session, account: Account, user: User, level: AccessLevel, *, by: Actor) -> None:
    """Set a user's level for an account. Raises LastOwner."""
    row = session.get(AccountAccess, (account.id, user.id))
    if row is None:
        row = AccountAccess(reseller_id=account.reseller_id, account_id=account.id, user_id=user.id, level=level)
        session.add(row)
    elif row.level == AccessLevel.OWNER and level is not AccessLevel.OWNER:
        _keep_an_owner(session, account.id, but=user.id)
    row.level = level
    session.flush()
    journal.log(
        session,
        "account",
        account.id,
        "account.access_set",
        reseller_id=account.reseller_id,
        by=by,
        email=user.email,
        level=level.value,
    )


def take_access(session: Session, account: Account, user: User, *, by: Actor) -> None:
    """Take a user's access to an account away. Raises LastOwner."""
    if level_of(session, user.id, account.id) is AccessLevel.OWNER:
        _keep_an_owner(session, account.id, but=user.id)
    session.execute(
        delete(AccountAccess).where(AccountAccess.account_id == account.id, AccountAccess.user_id == user.id)
    )
    journal.log(
        session,
        "account",
        account.id,
        "account.access_taken",
        reseller_id=account.reseller_id,
        by=by,
        email=user.email,
    )


def set_active(session: Session, user: User, active: bool, *, by: Actor) -> None:
    """Switch a login on or off; off ends its sessions and links at once."""
    user.active = active
    if not active:
        signin.end_sessions(session, user.id)
        session.execute(delete(LoginToken).where(LoginToken.user_id == user.id, LoginToken.used_at.is_(None)))
    action = "user.switched_on" if active else "user.switched_off"
    journal.log(session, "user", user.id, action, reseller_id=user.reseller_id, by=by)


def _add(session: Session, reseller_id: int, kind: UserKind, person: NewUser, *, by: Actor) -> User:
    email = signin.normal_email(person.email)
    if not _EMAIL.match(email) or not email.isascii():
        raise InvalidEmail(email)
    # Over the whole installation, whatever the unit's scope sees; the unique key decides a race.
    if session.connection().execute(select(User.__table__.c.id).where(User.__table__.c.email == email)).first():
        raise EmailTaken(email)
    user = User(
        reseller_id=reseller_id,
        kind=kind,
        email=email,
        name=clean_line(person.name) or email,
        language=person.language,
        created_at=now(session),
    )
    session.add(user)
    session.flush()
    journal.log(session, "user", user.id, "user.created", reseller_id=reseller_id, by=by, email=email)
    return user


def _refuse_closed(session: Session, reseller_id: int) -> None:
    # Without a lock: an account may be locked already, and a link is refused once more when it is followed.
    if not is_open(session, reseller_id):
        raise ResellerClosed(reseller_id)


def _keep_an_owner(session: Session, account_id: int, *, but: int) -> None:
    query = (
        select(AccountAccess.user_id)
        .join(User, User.id == AccountAccess.user_id)
        .where(
            AccountAccess.account_id == account_id,
            AccountAccess.level == AccessLevel.OWNER,
            AccountAccess.user_id != but,
            User.active,
        )
    )
    if session.scalars(query).first() is None:
        raise LastOwner(account_id)
