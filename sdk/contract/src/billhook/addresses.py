"""Addresses: of people's mail, and of the web."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_PART: Final = r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]"
_MAIL: Final = re.compile(rf"{_PART}{{1,64}}@{_PART}{{1,190}}\.{_PART}{{1,64}}")
#: Host and port, fit for a content policy: no login, no wildcard, nothing that ends a directive; names in ASCII form.
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?", re.ASCII)


def addresses(text: object) -> tuple[str, ...]:
    """Return the mail addresses of an EMAILS setting, in order, each once; nothing of an empty one.

    text: addresses parted by commas, semicolons or any space, as people write them.
    """
    return tuple(dict.fromkeys(part for part in re.split(r"[,;\s]+", str(text or "")) if part))


def is_address(text: str) -> bool:
    """Say whether a text is one mail address, and nothing beside it."""
    return _MAIL.fullmatch(text) is not None


def is_web_address(url: str) -> bool:
    """Say whether a text is a complete http or https address that may stand in a page, a header and a mail."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(_HOST.fullmatch(parts.netloc)) and parts.port != 0
    except ValueError:
        return False
    return is_web and url.isprintable() and " " not in url
