"""The installation's keys: what encrypts stored secrets, signs links and guards browser sessions.

The key file is JSON, mode 0600::

    {"version": 1, "demo": false, "encryption": ["<base64, newest first>", …], "signing": "…", "web": ["…", …]}

Encryption and web keys rotate: older ones still open what they closed. The signing key stays, since links on paper
carry its MACs; a link is revoked through its payment's key version instead.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_BYTES: Final = 32


class KeyFileError(Exception):
    """The key file cannot be used; the text names the remedy."""


class DecryptionFailed(KeyFileError):
    """A stored secret was closed with a key that this ring lacks, or was tampered with."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Keys in memory. Never printed, never pickled."""

    encryption: tuple[bytes, ...]
    signing: bytes
    web: tuple[bytes, ...]
    demo: bool = False
    _box: MultiFernet = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not self.encryption or not self.web or min(map(len, (*self.encryption, self.signing, *self.web))) < _BYTES:
            raise KeyFileError("a key is missing or shorter than 256 bits")
        fernets = [Fernet(base64.urlsafe_b64encode(_derive(key, b"encryption"))) for key in self.encryption]
        object.__setattr__(self, "_box", MultiFernet(fernets))

    def __repr__(self) -> str:
        return f"KeyRing(<{len(self.encryption)} encryption keys>, demo={self.demo})"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")

    def encrypt(self, text: str) -> str:
        """Return `text` closed with the newest key: ASCII, authenticated, different every time."""
        return self._box.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Return what `encrypt` closed, with any key of the ring. Raises DecryptionFailed."""
        try:
            return self._box.decrypt(token.encode("ascii")).decode()
        except (InvalidToken, UnicodeEncodeError) as error:
            raise DecryptionFailed("a stored secret does not open with the keys of this installation") from error

    def re_encrypt(self, token: str) -> str:
        """Return the same secret closed with the newest key. Raises DecryptionFailed."""
        return self.encrypt(self.decrypt(token))

    def mac(self, purpose: str, message: bytes) -> bytes:
        """Return the HMAC-SHA256 of `message`, 32 bytes, under a key of this purpose alone."""
        return hmac.digest(_derive(self.signing, b"mac:" + purpose.encode()), message, sha256)

    def web_secrets(self) -> list[str]:
        """Return what signs browser cookies and CSRF tokens, the current one first."""
        return [_derive(key, b"web").hex() for key in self.web]


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_BYTES, salt=None, info=b"billhook/v1/" + purpose).derive(key)


def new_keys(*, demo: bool = False) -> KeyRing:
    """Return a ring of new random keys."""
    return KeyRing((secrets.token_bytes(_BYTES),), secrets.token_bytes(_BYTES), (secrets.token_bytes(_BYTES),), demo)


def rotated(ring: KeyRing) -> KeyRing:
    """Return the ring with new encryption and web keys in front. The old ones go on opening what they closed."""
    fresh = new_keys(demo=ring.demo)
    return KeyRing((*fresh.encryption, *ring.encryption), ring.signing, (*fresh.web, *ring.web), ring.demo)


def to_json(ring: KeyRing) -> str:
    """Return the text of the key file: secret."""
    document = {
        "version": 1,
        "demo": ring.demo,
        "encryption": [_text(key) for key in ring.encryption],
        "signing": _text(ring.signing),
        "web": [_text(key) for key in ring.web],
    }
    return json.dumps(document, indent=2) + "\n"


def from_json(text: str) -> KeyRing:
    """Read what `to_json` wrote. Raises KeyFileError, which does not quote the text."""
    try:
        found = json.loads(text)
        return KeyRing(
            tuple(map(_key, found["encryption"])), _key(found["signing"]), tuple(map(_key, found["web"])), found["demo"]
        )
    except (ValueError, KeyError, TypeError):
        raise KeyFileError("the key file is damaged: restore it from a backup") from None


def create_key_file(path: Path, ring: KeyRing | None = None) -> None:
    """Write a new key file that only its owner may read. Raises KeyFileError if there is one already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} exists already: it is never overwritten") from None
    with os.fdopen(handle, "w") as file:
        file.write(to_json(ring or new_keys()))
        file.flush()
        os.fsync(handle)


def replace_key_file(path: Path, ring: KeyRing) -> None:
    """Write `ring` over an existing key file, atomically."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    create_key_file(draft, ring)
    draft.replace(path)


def load_key_file(path: Path, *, demo: bool) -> KeyRing:
    """Read the key file.

    demo: whether this is `./dev run`; a demo ring is refused elsewhere.
    Raises KeyFileError: no file, readable by others, damaged, or for demos only.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise KeyFileError(f"{path} is missing: create it with `host_stub create-keys`") from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileError(f"{path} may be read by others: chmod 600 {path}")
    ring = from_json(path.read_text("ascii"))
    if ring.demo and not demo:
        raise KeyFileError(f"{path} holds demo keys, which only `./dev run` accepts: create your own")
    return ring


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _key(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
