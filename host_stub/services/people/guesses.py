"""How often passwords may be guessed: for which login, from where, and from which browser.

Whoever guesses waits, and nobody else. A stranger's wrong passwords are counted where they come from, so they lock no
owner out; only all strangers together can make an unknown browser wait. A browser in which the login was used before
counts on its own, however many strangers try at the same moment, and whoever else shares its address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy.orm import Session

from host_stub.services.people.limits import Limit, count, forget, give_back, network

#: Of one login from one network.
STRANGER: Final = Limit("login-stranger", 10, timedelta(minutes=15))
#: Of any logins from one network.
ADDRESS: Final = Limit("login-address", 50, timedelta(minutes=15))
#: Of one login from all networks; NIST SP 800-63B-4, 3.2.2 wants it below a hundred in a row.
EVERYWHERE: Final = Limit("login-everywhere", 50, timedelta(hours=1))
#: Of one login in one browser that knows it.
KNOWN_BROWSER: Final = Limit("login-browser", 10, timedelta(minutes=15))
#: Of the present password by whoever is signed in.
PRESENT: Final = Limit("login-present", 10, timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a try comes from.

    address: of the client. browsers: by user, the number that this browser got when that user signed in with it.
    """

    address: str
    browsers: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guess:
    """A try at a password. login: as typed, normalised. user_id: whose login that is, if anybody's."""

    login: str
    user_id: int | None
    source: Source

    @property
    def known_browser(self) -> bool:
        return self.user_id is not None and self.user_id in self.source.browsers

    @property
    def place(self) -> str:
        return network(self.source.address)

    def _keys(self) -> list[tuple[Limit, str]]:
        if self.user_id is not None and self.known_browser:
            return [(KNOWN_BROWSER, f"{self.user_id} {self.source.browsers[self.user_id]}")]
        return [(ADDRESS, self.place), (STRANGER, f"{self.place} {self.login}"), (EVERYWHERE, self.login)]

    def count(self, session: Session) -> datetime | None:
        """Count the try before it is made. Return None if it may be made, else the instant when one may try again.

        What one limit refuses is not counted by the wider ones behind it.
        """
        for limit, key in self._keys():
            until = count(session, limit, key)
            if until is not None:
                return until
        return None

    def was_right(self, session: Session) -> None:
        """Forget the wrong ones before a right one; the wider limits, in which others are counted too, only lose it."""
        for limit, key in self._keys():
            if limit in (ADDRESS, EVERYWHERE):
                give_back(session, limit, key)
            else:
                forget(session, limit, key)


def forgive(session: Session, login: str) -> None:
    """Forget what all strangers tried: the login has a new password."""
    forget(session, EVERYWHERE, login)


def log_name(login: str) -> str:
    """Return what the log says instead of a login: the same for the same one, and no password typed into its field."""
    return sha256(login.encode("utf-8", "replace")).hexdigest()[:16]
