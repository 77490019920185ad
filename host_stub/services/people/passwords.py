"""Passwords: what may be one, and how it is kept (argon2id)."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from host_stub.domain.errors import RefusedError
from host_stub.domain.keyboards import in_latin_layout

SHORTEST: Final = 8
LONGEST: Final = 128


class WeakPassword(RefusedError):
    """Not acceptable as a password. code: short, long or common."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Raise WeakPassword unless the text may be a password: 8 to 128 characters, none of the commonest.

    about: the user's own address and name; they are no passwords either.
    """
    if len(password) < SHORTEST:
        raise WeakPassword("short")
    if len(password) > LONGEST:
        raise WeakPassword("long")
    plain = _normal(password).casefold()
    known = {text.casefold() for text in about}
    if plain in known or len(set(plain)) == 1 or common() & {plain, in_latin_layout(plain)}:
        raise WeakPassword("common")


@cache
def common() -> frozenset[str]:
    """Return the commonest passwords of at least eight characters, in lower case.

    ASVS 5.0, 6.2.4 asks for the first 3,000 that the rules here would let pass.
    """
    lines = files("host_stub.services").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def hashed(password: str) -> str:
    """Return the argon2id hash to store."""
    return _hasher().hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Say whether a password fits its hash. Without a hash it takes as long, and the answer is no."""
    if len(password) > LONGEST:
        password, stored = "", None
    try:
        return _hasher().verify(stored or _dummy(), _normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Say whether a hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def _normal(password: str) -> str:
    # The same key presses give different code points on different systems.
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _dummy() -> str:
    return _hasher().hash("no user has this password")
