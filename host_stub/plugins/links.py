"""The capability in the address of a plugin's public link: whoever has the address may open it until it expires."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billhook.pages import LONGEST_SUBJECT, Link

from host_stub.domain.errors import NotFound
from host_stub.services.money_in.capability import Mac

_MAC_BYTES: Final = 16  # 128 bits of an HMAC-SHA256


@dataclass(frozen=True, slots=True)
class Capability:
    """What an address opens. expires: seconds since 1970, UTC; the second itself is too late."""

    plugin: str
    link: str
    reseller_id: int
    subject: str
    expires: int


def address(keys: Mac, base_url: str, held: Capability) -> str:
    """Return the absolute address that opens the link."""
    return f"{base_url}/plugin/{held.plugin}/link/{held.link}/{token(keys, held)}"


def made(plugin: str, link: Link, reseller_id: int, subject: str, now: datetime) -> Capability:
    """Return a new capability that works for the link's days. Raises ValueError for a subject that can't be carried."""
    if not isinstance(subject, str) or not subject or len(subject) > LONGEST_SUBJECT:
        raise ValueError(f"the subject of a link is a text of 1 to {LONGEST_SUBJECT} characters")
    return Capability(plugin, link.name, reseller_id, subject, int((now + timedelta(days=link.days)).timestamp()))


def token(keys: Mac, held: Capability) -> str:
    """Return `<reseller, expiry and subject>.<32 hex digits>`, for the last part of the address."""
    carried = base64.urlsafe_b64encode(f"{held.reseller_id}.{held.expires}.{held.subject}".encode()).rstrip(b"=")
    # Names are identifiers and numbers hold no bar, so that no two capabilities share a message.
    message = f"{held.plugin}|{held.link}|{held.reseller_id}|{held.expires}|{held.subject}"
    return f"{carried.decode('ascii')}.{keys.mac('plugin-link', message.encode())[:_MAC_BYTES].hex()}"


def read(keys: Mac, plugin: str, link: str, given: str, now: datetime) -> Capability:
    """Return what an address opens. Raises NotFound: wrong, expired, of another link or plugin are all the same."""
    held = _carried(plugin, link, given) or Capability(plugin, link, 0, "", 0)
    # Compared for unreadable ones too, so that they answer no faster; and as a whole: one capability, one spelling.
    right = hmac.compare_digest(token(keys, held).encode(), given.encode("utf-8", "replace"))
    if not right or now.timestamp() >= held.expires:
        raise NotFound("Link", link)
    return held


def _carried(plugin: str, link: str, given: str) -> Capability | None:
    text = given.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        reseller_id, expires, subject = decoded.split(".", 2)
        return Capability(plugin, link, int(reseller_id), subject, int(expires))
    except ValueError:
        return None
