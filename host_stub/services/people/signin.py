"""Sign in, stay signed in, sign out; forgotten and changed passwords; invitations.

A browser's cookie carries a random token, the database its hash: who reads the database cannot sign in with it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

import structlog
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import RefusedError, ResellerClosed
from host_stub.domain.texts import clean_line
from host_stub.persistence import LoginToken, Reseller, Store, User, UserKind, WebSession
from host_stub.persistence.store import keep, now
from host_stub.services.people import guesses, limits, passwords
from host_stub.services.people.guesses import Guess, Source, log_name
from host_stub.services.telling import journal
from host_stub.services.tenants.open_resellers import is_open, must_be_open

#: How often the time of the last request is written; the idle limit is that much less exact.
_SEEN_EVERY: Final = timedelta(minutes=2)
_TOKEN_BYTES: Final = 32

#: Who is behind a token, and whose user it is.
_BEHIND: Final = (
    select(WebSession, User, Reseller)
    .join(User, User.id == WebSession.user_id)
    .join(Reseller, Reseller.id == User.reseller_id)
    .where(WebSession.token_hash == bindparam("token_hash"))
)

#: The security log: who tried what, never with what.
_log = structlog.get_logger("billhook.security")


class Purpose(StrEnum):
    """What a single-use link is for, and where it leads."""

    INVITATION = "invitation"
    RESET = "reset"


#: Paths of the links in mails; the routes are built on the same values.
PATHS: Final = {Purpose.INVITATION: "/invitation/", Purpose.RESET: "/reset-password/"}


class WrongCredentials(RefusedError):
    """Unknown login, wrong password, no password yet, or switched off: the answer does not tell which."""


class LinkExpired(RefusedError):
    """The single-use link is unknown, used or too old."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is behind a request. Plain values, good for its whole length."""

    user_id: int
    reseller_id: int
    kind: UserKind
    is_operator: bool
    name: str
    email: str
    language: str

    @property
    def actor(self) -> Actor:
        if self.kind is UserKind.CUSTOMER:
            return Actor("customer", self.name, self.user_id)
        return Actor("operator" if self.is_operator else "manager", self.name, self.user_id)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """idle: without a request. absolute: at most, from the sign-in."""

    idle: timedelta
    absolute: timedelta


def sign_in(store: Store, email: str, password: str, *, source: Source, lifetimes: Lifetimes) -> tuple[str, SignedIn]:
    """Check the credentials and open a session; return its token for the cookie.

    Tries are counted before they are made (`guesses`). Raises TooManyAttempts, WrongCredentials, ResellerClosed: only
    to who knows the password.
    """
    login = normal_email(email)
    with store.write() as session:
        user = session.scalars(select(User).where(User.email == login)).one_or_none()
        guess = Guess(login, user.id if user else None, source)
        until = guess.count(session)
    if until is not None:
        _security("sign_in_locked", guess)
        raise limits.TooManyAttempts(until)
    # Outside any transaction: it takes long on purpose.
    if not passwords.matches(password, user.password_hash if user and user.active else None) or user is None:
        _security("sign_in_refused", guess)
        raise WrongCredentials
    with store.write() as session:
        guess.was_right(session)
        if is_open(session, user.reseller_id):
            opened = _open_checked(session, user, password, lifetimes)
            _security("signed_in", guess)
            return opened
    _security("sign_in_closed", guess)
    raise ResellerClosed(user.reseller_id)


def _security(event: str, guess: Guess) -> None:
    """Tell the log of a sign-in as ASVS 5.0, 16.3.1 asks: what, whose, from where; never the login as it was typed."""
    tell = _log.info if event == "signed_in" else _log.warning
    tell(
        event,
        login=log_name(guess.login),
        user=guess.user_id,
        address=guess.source.address,
        known_browser=guess.known_browser,
    )


def _open_checked(session: Session, seen: User, password: str, lifetimes: Lifetimes) -> tuple[str, SignedIn]:
    """Open the session unless the user was changed while the password was being checked."""
    user = session.get_one(User, seen.id, with_for_update=True)
    if not user.active or user.password_hash != seen.password_hash or user.password_hash is None:
        raise WrongCredentials
    if passwords.outdated(user.password_hash):
        user.password_hash = passwords.hashed(password)
    journal.log(session, "user", user.id, "user.signed_in", reseller_id=user.reseller_id, by=_actor(session, user))
    return open_session(session, user, lifetimes), _person(session, user)


def open_session(session: Session, user: User, lifetimes: Lifetimes) -> str:
    """Open a session and return its token."""
    at, token = now(session), new_token()
    session.add(
        WebSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=at,
            seen_at=at,
            expires_at=at + lifetimes.absolute,
        )
    )
    user.signed_in_at = at
    session.flush()
    return token


def resume(store: Store, token: str, lifetimes: Lifetimes) -> SignedIn | None:
    """Return who a cookie's token stands for, or None: unknown, too old, idle too long, user switched off.

    Raises ResellerClosed; the session has ended then.
    """
    at = store.now()
    with store.page() as session:
        found = session.execute(_BEHIND, {"token_hash": token_hash(token)}).one_or_none()
        if found is None:
            return None
        row, user, reseller = found
        keep(session, reseller)
        person, seen_at = _described(user, reseller), row.seen_at
        if row.expires_at <= at or seen_at + lifetimes.idle <= at or not user.active:
            return None
    if reseller.closed_at is not None:
        sign_out(store, token)
        raise ResellerClosed(person.reseller_id)
    if at - seen_at >= _SEEN_EVERY:
        _touch(store, token, at)
    return person


def _touch(store: Store, token: str, at: datetime) -> None:
    with store.write() as session:
        session.execute(update(WebSession).where(WebSession.token_hash == token_hash(token)).values(seen_at=at))


def sign_out(store: Store, token: str) -> None:
    """End the session: its cookie is worthless from here on."""
    with store.write() as session:
        session.execute(delete(WebSession).where(WebSession.token_hash == token_hash(token)))


def end_sessions(session: Session, user_id: int) -> None:
    """End all sessions of a user."""
    session.execute(delete(WebSession).where(WebSession.user_id == user_id))


def change_password(store: Store, user_id: int, old: str, new: str, *, lifetimes: Lifetimes) -> tuple[str, SignedIn]:
    """Change the password of who is signed in; all sessions end, and the token of a new one is returned.

    Raises TooManyAttempts, WrongCredentials (the old one is wrong), WeakPassword.
    """
    with store.write() as session:
        user = session.get_one(User, user_id)
        until = limits.count(session, guesses.PRESENT, str(user_id))
    if until is not None:
        _log.warning("password_change_locked", user=user_id)
        raise limits.TooManyAttempts(until)
    if not passwords.matches(old, user.password_hash):
        _log.warning("password_change_refused", user=user_id)
        raise WrongCredentials
    passwords.check(new, about=(user.email, user.name))
    new_hash = passwords.hashed(new)
    with store.write() as session:
        limits.forget(session, guesses.PRESENT, str(user_id))
        fresh = session.get_one(User, user_id, with_for_update=True)
        if fresh.password_hash != user.password_hash:
            raise WrongCredentials
        _set_password(session, fresh, new_hash, "user.password_changed")
        return open_session(session, fresh, lifetimes), _person(session, fresh)


def issue_link(session: Session, user: User, purpose: Purpose, *, base_url: str, lifetime: timedelta) -> str:
    """Return the absolute address of a new single-use link; earlier ones of the same purpose stop working."""
    at, token = now(session), new_token()
    session.execute(
        delete(LoginToken).where(
            LoginToken.user_id == user.id, LoginToken.purpose == purpose.value, LoginToken.used_at.is_(None)
        )
    )
    session.add(
        LoginToken(
            token_hash=token_hash(token),
            user_id=user.id,
            purpose=purpose.value,
            created_at=at,
            expires_at=at + lifetime,
        )
    )
    session.flush()
    return base_url + PATHS[purpose] + token


def holder(store: Store, token: str, purpose: Purpose, *, address: str) -> SignedIn:
    """Return whose password a link may set; looking uses nothing up.

    Raises LinkExpired; ResellerClosed, which leaves the link good; TooManyAttempts for an address that guesses.
    """
    with store.read() as session:
        until = limits.exhausted(session, limits.LINK_ADDRESS, limits.network(address))
        row = _valid(session, token, purpose)
        person = _person(session, session.get_one(User, row.user_id)) if row else None
        closed = person is not None and not is_open(session, person.reseller_id)
    if until is not None:
        raise limits.TooManyAttempts(until)
    if person is not None and closed:
        raise ResellerClosed(person.reseller_id)
    if person is not None:
        return person
    with store.write() as session:
        limits.count(session, limits.LINK_ADDRESS, limits.network(address))
    raise LinkExpired


def sender(store: Store, token: str) -> int | None:
    """Return the open reseller whose user a link was mailed to, used up or not; None for a link that is not known."""
    with store.read() as session:
        row = session.get(LoginToken, token_hash(token))
        reseller_id = session.get_one(User, row.user_id).reseller_id if row is not None else None
        return reseller_id if reseller_id is not None and is_open(session, reseller_id) else None


def set_password(
    store: Store, token: str, purpose: Purpose, password: str, *, lifetimes: Lifetimes
) -> tuple[str, SignedIn]:
    """Use a link up: set the password, end all other sessions, open a new one and return its token.

    Raises LinkExpired, WeakPassword and ResellerClosed (the link stays good).
    """
    with store.read() as session:
        row = _valid(session, token, purpose)
        if row is None:
            raise LinkExpired
        user = session.get_one(User, row.user_id)
    passwords.check(password, about=(user.email, user.name))
    new_hash = passwords.hashed(password)
    with store.write() as session:
        must_be_open(session, user.reseller_id)
        user = session.get_one(User, row.user_id, with_for_update=True)
        used = _valid(session, token, purpose)
        if used is None:
            raise LinkExpired
        used.used_at = now(session)
        action = "user.invitation_accepted" if purpose is Purpose.INVITATION else "user.password_reset"
        _set_password(session, user, new_hash, action)
        guesses.forgive(session, user.email)
        return open_session(session, user, lifetimes), _person(session, user)


def _set_password(session: Session, user: User, new_hash: str, action: str) -> None:
    user.password_hash = new_hash
    end_sessions(session, user.id)
    # Links that are still on their way would undo the change.
    session.execute(delete(LoginToken).where(LoginToken.user_id == user.id, LoginToken.used_at.is_(None)))
    journal.log(session, "user", user.id, action, reseller_id=user.reseller_id, by=_actor(session, user))
    _log.info("password_set", user=user.id, how=action)


def _valid(session: Session, token: str, purpose: Purpose) -> LoginToken | None:
    query = (
        select(LoginToken)
        .join(User, User.id == LoginToken.user_id)
        .where(
            LoginToken.token_hash == token_hash(token),
            LoginToken.purpose == purpose.value,
            LoginToken.used_at.is_(None),
            LoginToken.expires_at > now(session),
            User.active,
        )
    )
    return session.scalars(query).one_or_none()


def normal_email(text: str) -> str:
    """Return an address as it is stored and compared: without what nobody sees, lower case."""
    return clean_line(text).lower()


def new_token() -> str:
    """Return 256 random bits as text for a cookie or an address."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what the database keeps of a token."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def _person(session: Session, user: User) -> SignedIn:
    return _described(user, session.get_one(Reseller, user.reseller_id))


def _described(user: User, reseller: Reseller) -> SignedIn:
    return SignedIn(
        user_id=user.id,
        reseller_id=user.reseller_id,
        kind=UserKind(user.kind),
        is_operator=reseller.is_operator and user.kind == UserKind.MANAGER,
        name=user.name,
        email=user.email,
        language=user.language,
    )


def _actor(session: Session, user: User) -> Actor:
    return _person(session, user).actor
