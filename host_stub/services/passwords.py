"""Passwords: what may be one, and how it is kept (argon2id)."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from host_stub.domain.errors import RefusedError

SHORTEST: Final = 8
LONGEST: Final = 128

#: The commonest passwords of at least eight characters; leaked lists agree on them.
COMMON: Final = frozenset(
    [
        "00000000",
        "000000000",
        "11111111",
        "111111111",
        "1111111111",
        "11223344",
        "12121212",
        "12341234",
        "12344321",
        "123123123",
        "12345678",
        "123456789",
        "1234567890",
        "12345678910",
        "123456789a",
        "1234567891",
        "12345qwert",
        "123654789",
        "123qweasd",
        "147258369",
        "147852369",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx",
        "1qaz2wsx3edc",
        "1qazxsw2",
        "22222222",
        "55555555",
        "66666666",
        "77777777",
        "87654321",
        "88888888",
        "963852741",
        "987654321",
        "9876543210",
        "99999999",
        "a1234567",
        "a12345678",
        "a123456789",
        "aa123456",
        "aa12345678",
        "abc12345",
        "abcd1234",
        "abcdefgh",
        "adminadmin",
        "admin123",
        "admin1234",
        "administrator",
        "asdasdasd",
        "asdf1234",
        "asdfasdf",
        "asdfghjk",
        "asdfghjkl",
        "baseball",
        "basketball",
        "changeme",
        "charlie1",
        "computer",
        "danielle",
        "dragon123",
        "football",
        "football1",
        "iloveyou",
        "iloveyou1",
        "internet",
        "jennifer",
        "letmein1",
        "liverpool",
        "liverpool1",
        "marina123",
        "master123",
        "michael1",
        "michelle",
        "nastya123",
        "p@ssw0rd",
        "p@ssword",
        "pa$$w0rd",
        "pass1234",
        "passw0rd",
        "password",
        "password!",
        "password1",
        "password12",
        "password123",
        "password1234",
        "princess",
        "princess1",
        "q1w2e3r4",
        "q1w2e3r4t5",
        "q1w2e3r4t5y6",
        "qazwsxedc",
        "qwer1234",
        "qwerasdf",
        "qwerqwer",
        "qwertyui",
        "qwertyuiop",
        "qwerty11",
        "qwerty12",
        "qwerty123",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "samantha",
        "starwars",
        "sunshine",
        "superman",
        "trustno1",
        "welcome1",
        "welcome123",
        "whatever",
        "xxxxxxxx",
        "zaq12wsx",
        "zxcvbnm1",
        "zxcvbnm123",
    ]
)


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
    plain = password.casefold()
    if plain in COMMON or plain in {text.casefold() for text in about} or len(set(plain)) == 1:
        raise WeakPassword("common")


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
