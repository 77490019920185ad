"""The capability `h` of a public document link: who has it may open the bill without signing in."""

from __future__ import annotations

import hmac
from typing import Final, Protocol

LENGTH: Final = 32  # hex digits: 128 bits of an HMAC-SHA256


class Mac(Protocol):
    def mac(self, purpose: str, message: bytes) -> bytes:
        """Return the HMAC-SHA256 of `message` under a key of its own for `purpose`."""


class Linked(Protocol):
    """A payment, as its links name it. key_version: raised to revoke them."""

    @property
    def id(self) -> int: ...

    @property
    def reseller_id(self) -> int: ...

    @property
    def key_version(self) -> int: ...


class Offered(Protocol):
    """A payment method, as links of its documents name it."""

    @property
    def id(self) -> int: ...

    @property
    def plugin(self) -> str: ...


def capability(keys: Mac, payment: Linked, method_id: int, usage: str, version: int = 1) -> str:
    """Return `h` for a payment, method, usage (`receipt`) and version of the document: 32 hex digits.

    The payment's key version is part of the message: raising it revokes every link of this payment.
    """
    # A usage is an identifier, so that no two of them share a message.
    named = usage if version == 1 else f"{usage}.{version}"
    message = f"{named}|{payment.reseller_id}|{payment.id}|{method_id}|{payment.key_version}"
    return keys.mac("document-link", message.encode())[: LENGTH // 2].hex()


def opens(keys: Mac, payment: Linked, method_id: int, usage: str, given: str, version: int = 1) -> bool:
    """Compare in constant time; anything but 32 lower-case hex digits opens nothing."""
    expected = capability(keys, payment, method_id, usage, version)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
