"""Public links in memory, by a host's rules: signed, expiring, and one answer for everything that is not right."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from billhook.host.loading import LoadedPlugin
from billhook.pages import LONGEST_SUBJECT, Link

from billhook_kit.views import PANEL

_KEY: Final = b"a key of tests only"


@dataclass
class Links:
    """The links of one plugin. now: the host's clock."""

    plugin: LoadedPlugin
    now: Callable[[], datetime]

    def address(self, name: str, subject: str) -> str:
        """Return the address that opens a link. Raises LookupError, ValueError as Reader.link says."""
        link = self.plugin.link(name)
        if link is None:
            raise LookupError(f"{self.plugin.name} has no link {name!r}")
        if not isinstance(subject, str) or not subject or len(subject) > LONGEST_SUBJECT:
            raise ValueError(f"the subject of a link is a text of 1 to {LONGEST_SUBJECT} characters")
        expires = int((self.now() + timedelta(days=link.days)).timestamp())
        return f"{PANEL}/plugin/{self.plugin.name}/link/{name}/{self._token(name, expires, subject)}"

    def opened(self, address: str) -> tuple[Link, str] | None:
        """Return link and subject that an address opens; None for a wrong, foreign or expired one."""
        root, _, token = address.rpartition("/")
        name = root.rpartition("/")[2]
        link = self.plugin.link(name)
        if link is None or root != f"{PANEL}/plugin/{self.plugin.name}/link/{name}":
            return None
        try:
            carried = base64.urlsafe_b64decode(token.partition(".")[0].encode()).decode()
            expires, subject = carried.split(".", 1)
            right = hmac.compare_digest(self._token(name, int(expires), subject), token)
        except ValueError:
            return None
        return (link, subject) if right and self.now().timestamp() < int(expires) else None

    def _token(self, name: str, expires: int, subject: str) -> str:
        carried = base64.urlsafe_b64encode(f"{expires}.{subject}".encode()).decode()
        message = f"{self.plugin.name}|{name}|{expires}|{subject}"
        return f"{carried}.{hmac.digest(_KEY, message.encode(), sha256)[:16].hex()}"
