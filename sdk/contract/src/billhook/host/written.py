"""How a secret may be written where it does harm: in addresses, forms, JSON, HTML, headers, `repr`."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus

#: A line of a key in several lines that is told by itself.
_LONG_LINE: Final = 16
#: In bytes; of less there is too little in Base64 to tell it by.
_ENCODED: Final = 8


def written(secret: str) -> Iterator[str]:
    """Yield the texts that give a secret away: itself first, then as others write it."""
    for text in (secret, *(line for line in secret.splitlines() if len(line) >= _LONG_LINE)):
        yield from (text, repr(text)[1:-1], repr(text.encode())[2:-1])
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], escape(text))
        yield from (quote(text, safe=""), quote(text), quote_plus(text))
        yield from _encoded(text.encode("utf-8", "surrogateescape"))


def _encoded(secret: bytes) -> Iterator[str]:
    """Yield it in hex, and the core of it in Base64, as in `Authorization: Basic`.

    What stands before it, often a name and a colon, shifts it against the groups of three bytes; its neighbours have
    a part in its first and last letters.
    """
    if len(secret) < _ENCODED:
        return
    yield from (secret.hex(), secret.hex().upper())
    for shift in range(3):
        letters = b64encode(b"\0" * shift + secret).decode()
        core = letters[-(-shift * 8 // 6) : (shift + len(secret)) * 8 // 6]
        yield from (core, core.replace("+", "-").replace("/", "_"))
