"""What goes over the wire: signatures, the fields of a start, refusals. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from billhook.errors import MalformedAmount
from billhook.money import Money

#: The fields that a signature of a payment covers, in their order.
SIGNED: Final = ("shop", "order", "amount", "currency", "id", "status", "test", "paid_at")
SIGNATURE_HEADER: Final = "X-Signature"
KEY_HEADER: Final = "Idempotency-Key"
LARGEST_BODY: Final = 64 * 1024
_LONGEST: Final = {"shop": 64, "order": 64, "description": 250, "key": 64, "url": 2000}
#: Control characters, lone surrogates, line and paragraph separators.
_UNWRITABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: Host and port: it is written into the page's content policy, where a semicolon would do harm.
_PLACE: Final = re.compile(r"[A-Za-z0-9._:\[\]-]+")


class Refused(Exception):
    """A call that the gateway does not carry out; becomes a JSON error."""

    def __init__(self, status: int, error: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.field = field

    @property
    def body(self) -> dict[str, str]:
        return {"error": self.error, "field": self.field, "message": self.message}


@dataclass(frozen=True, slots=True)
class Wish:
    """A start as it was asked for, checked."""

    shop: str
    order: str
    amount: Money
    notify_url: str
    success_url: str
    failure_url: str
    description: str = ""
    is_test: bool = False


def signature(fields: Mapping[str, str], secret: str) -> str:
    """Return the signature of a payment's fields, 64 hex digits. Raises KeyError if one is missing."""
    return sign("\n".join(f"{name}={fields[name]}" for name in SIGNED).encode(), secret)


def sign(content: bytes, secret: str) -> str:
    """Return the signature of a body or of a request target."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def check_signature(content: bytes, given: str | None, secret: str) -> None:
    """Raises Refused unless `given` signs the content."""
    if given is None:
        raise Refused(401, "bad_signature", f"The header {SIGNATURE_HEADER} is missing.")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), sign(content, secret).encode()):
        raise Refused(401, "bad_signature", f"The header {SIGNATURE_HEADER} does not sign this request.")


def read_wish(body: bytes) -> Wish:
    """Read the body of a start. Raises Refused."""
    given = _object(body)
    test = given.get("test", False)
    if type(test) is not bool:
        raise _bad("test", "is neither true nor false")
    return Wish(
        shop=_text(given, "shop"),
        order=_text(given, "order"),
        amount=_amount(given),
        notify_url=_url(given, "notify_url"),
        success_url=_url(given, "success_url"),
        failure_url=_url(given, "failure_url"),
        description=_text(given, "description") if given.get("description") else "",
        is_test=test,
    )


def read_key(given: str | None) -> str:
    """Return the idempotency key, empty if there is none. Raises Refused."""
    return "" if given is None else _text({"key": given}, "key", KEY_HEADER)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "malformed", f"The body is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused(400, "malformed", "The body is no JSON object.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _text(given: Mapping[str, Any], name: str, shown: str = "") -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise _bad(shown or name, "is missing" if value in (None, "") else "is no text")
    if len(value) > _LONGEST[name]:
        raise _bad(shown or name, f"has more than {_LONGEST[name]} characters")
    if any(unicodedata.category(character) in _UNWRITABLE for character in value):
        raise _bad(shown or name, "holds characters that cannot be printed")
    return value


def _amount(given: Mapping[str, Any]) -> Money:
    text, currency = given.get("amount"), given.get("currency")
    if not isinstance(text, str):
        raise _bad("amount", "is missing" if text is None else 'is no text like "5000.00"')
    if not isinstance(currency, str):
        raise _bad("currency", "is missing" if currency is None else 'is no text like "RUB"')
    try:
        amount = Money.of(text, currency)
    except MalformedAmount as error:
        raise _bad("currency" if error.text == currency else "amount", f"cannot be taken: {error.why}") from error
    if amount.plain() != text:
        raise _bad("amount", f"is written {amount.plain()}")
    if amount.minor <= 0:
        raise _bad("amount", "is not more than zero")
    return amount


def _url(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise _bad(name, "is missing" if value is None else "is no text")
    try:
        parts = urlsplit(value)
        readable = parts.scheme in ("http", "https") and _PLACE.fullmatch(parts.netloc) and parts.port != 0
    except ValueError:
        readable = False
    if not readable or not value.isascii() or not value.isprintable() or " " in value:
        raise _bad(name, "is no absolute http or https address")
    if len(value) > _LONGEST["url"]:
        raise _bad(name, f"has more than {_LONGEST['url']} characters")
    return value


def _bad(field: str, why: str) -> Refused:
    return Refused(422, "bad_value", f"{field} {why}", field)
