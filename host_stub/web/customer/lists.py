"""Keyset pages in addresses: `?before=<id>` is older, `?after=<id>` newer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from host_stub.services.listings import Cursor, Listing
from host_stub.web.pager import Text, pager


def cursor(args: Mapping[str, str]) -> Cursor:
    """Read the place in a list from the query; what is no number means the first page."""
    return Cursor(before=_number(args.get("before")), after=_number(args.get("after")))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def pages(listing: Listing[Any], endpoint: str, **values: object) -> dict[str, Text]:
    """Return what `ui.pager` wants. values: of the address, filters included; empty ones are left out."""
    kept: dict[str, Any] = {name: value for name, value in values.items() if value not in ("", None)}
    return pager(
        listing,
        older_url=url_for(endpoint, before=listing.older, **kept) if listing.older is not None else "",
        newer_url=url_for(endpoint, after=listing.newer, **kept) if listing.newer is not None else "",
    )
