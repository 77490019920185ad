"""A stored secret with those that it replaced lately: how settings of every level keep theirs.

A vault is a list of `{"value": encrypted, "replaced_at": ISO instant or None}`, the present secret first if there is
one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from billhook import Catalogue

from host_stub.adapters.keys import DecryptionFailed

_ = Catalogue("host_stub")

#: How long a replaced secret is accepted beside its successor.
SECRET_GRACE: Final = timedelta(days=7)

#: What is said of a secret that does not open: it counts as not set, and nothing is called with it.
UNREADABLE: Final = _("The stored secret cannot be read: enter it again.")

Vault = list[dict[str, Any]]


class Opener(Protocol):
    def decrypt(self, token: str) -> str:
        """Return what `Cipher.encrypt` closed. Raises DecryptionFailed."""


class Cipher(Opener, Protocol):
    def encrypt(self, text: str) -> str:
        """Return `text` closed with the newest key."""


def vault_of(stored: object) -> Vault:
    """Return the vault that is stored; a bare encrypted text counts as one without a past."""
    if isinstance(stored, list):
        return list(stored)
    return [{"value": stored, "replaced_at": None}] if stored else []


def present(stored: object) -> str:
    """Return the present secret as it is encrypted; empty if there is none."""
    return next((str(each["value"]) for each in vault_of(stored) if each["replaced_at"] is None), "")


def former(stored: object, at: datetime) -> Vault:
    """Return what was replaced so lately that it is still accepted, newest first."""
    return [each for each in vault_of(stored) if _in_grace(each["replaced_at"], at)]


def accepted_until(stored: object, at: datetime) -> list[datetime]:
    """Return until when the replaced secrets are still accepted, the newest first."""
    return [datetime.fromisoformat(each["replaced_at"]) + SECRET_GRACE for each in former(stored, at)]


def retired(stored: object, at: datetime) -> Vault:
    """Return the vault without a present secret: what was it counts as replaced now; what is out of time is dropped."""
    older = [each | {"replaced_at": each["replaced_at"] or at.isoformat()} for each in vault_of(stored)]
    return former(older, at)


def renewed(stored: object, fresh: str, keys: Cipher, at: datetime, before: Iterable[dict[str, Any]] = ()) -> Vault:
    """Return the vault with `fresh` as its present secret.

    before: what held at this place until now and is kept elsewhere (an inherited vault): accepted here for a while.
    """
    past = sorted((*retired(stored, at), *before), key=lambda each: str(each["replaced_at"]), reverse=True)
    return [{"value": keys.encrypt(fresh), "replaced_at": None}, *past]


def is_readable(stored: object, keys: Opener) -> bool:
    """Say whether the present secret opens, if there is one.

    Another key ring closed what does not; or it is no secret but text, kept while its setting was of another kind.
    """
    return not present(stored) or bool(texts(vault_of(present(stored)), keys))


def texts(vault: Vault, keys: Opener) -> list[str]:
    """Return the secrets of a vault in clear, in order, without those that do not open."""
    return [text for each in vault if (text := _text(each, keys)) is not None]


def opened(stored: object, keys: Opener) -> frozenset[str]:
    """Return every secret in the vault in clear that opens."""
    return frozenset(texts(vault_of(stored), keys))


def without(stored: object, leaked: Collection[str], keys: Opener) -> Vault:
    """Return the vault without those of its replaced secrets that are among `leaked`."""
    return [each for each in vault_of(stored) if each["replaced_at"] is None or _text(each, keys) not in leaked]


def _text(each: dict[str, Any], keys: Opener) -> str | None:
    try:
        return keys.decrypt(str(each["value"]))
    except DecryptionFailed:
        return None


def _in_grace(replaced_at: str | None, at: datetime) -> bool:
    return replaced_at is not None and at - datetime.fromisoformat(replaced_at) < SECRET_GRACE
