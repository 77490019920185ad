"""LMI_HASH: what it covers and whether it is right.

Source: PayMaster HTTP protocol, "Payment Notification", LMI_HASH: base64 of the raw digest over ten values and the
secret joined by `;`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from billhook import BadSignature, MalformedNotification, RawRequest

#: In the order of the protocol. Slot 9 is the number of the payment system, not LMI_PAYMENT_METHOD.
SIGNED_FIELDS: Final = (
    "LMI_MERCHANT_ID",
    "LMI_PAYMENT_NO",
    "LMI_SYS_PAYMENT_ID",
    "LMI_SYS_PAYMENT_DATE",
    "LMI_PAYMENT_AMOUNT",
    "LMI_CURRENCY",
    "LMI_PAID_AMOUNT",
    "LMI_PAID_CURRENCY",
    "LMI_PAYMENT_SYSTEM",
    "LMI_SIM_MODE",
)
SEPARATOR: Final = ";"


class Digest(StrEnum):
    """The signature type of the merchant's cabinet. It is a setting, never guessed from the length of a hash."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5 = "md5"


def signed_values(request: RawRequest) -> tuple[str, ...]:
    """Return the ten signed values exactly as received, a missing one as empty text.

    Raises MalformedNotification if a signed field is given twice: which of two would be the signed one?
    Raises BadSignature if a value holds the separator: `A;B` and `A`, `B` join to the same text, so the signature
    of one message would also fit another, and no value of the real gateway needs the separator.
    """
    values = tuple(request.optional(name) or "" for name in SIGNED_FIELDS)
    if any(SEPARATOR in value for value in values):
        raise BadSignature("a signed value holds the separator")
    return values


def lmi_hash(values: Sequence[str], secret: str, digest: Digest) -> str:
    """Return LMI_HASH for the ten values. The secret may hold anything, the separator too; nothing is escaped.

    Raises MalformedNotification for text that is no Unicode (lone surrogates).
    """
    return base64.b64encode(hashlib.new(digest.value, _utf8(SEPARATOR.join((*values, secret)))).digest()).decode(
        "ascii"
    )


def check_signature(request: RawRequest, secrets: Sequence[str], digest: Digest) -> None:
    """Return if LMI_HASH was made with one of `secrets`.

    secrets: the current one and those it replaced recently; empty ones never count.
    Raises BadSignature, MalformedNotification.
    """
    received = _utf8(request.optional("LMI_HASH") or "")
    values = signed_values(request)
    matches = [
        hmac.compare_digest(received, lmi_hash(values, secret, digest).encode("ascii")) for secret in secrets if secret
    ]
    if not any(matches):
        raise BadSignature("LMI_HASH does not fit")


def signed_digest(values: Sequence[str]) -> str:
    """Return SHA-256 in hex over the signed values without the secret: the same payment id with another digest is
    an alarm for the host."""
    return hashlib.sha256(_utf8(SEPARATOR.join(values))).hexdigest()


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedNotification("LMI_HASH", "not Unicode text") from error
