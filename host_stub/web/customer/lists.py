"""Keyset pages in addresses: `?before=<id>` is older, `?after=<id>` newer."""

from __future__ import annotations

from typing import Any

from flask import url_for

from host_stub.services.reading import Listing
from host_stub.web.pager import Text, pager


def pages(listing: Listing[Any], endpoint: str, **values: object) -> dict[str, Text]:
    """Return what `ui.pager` wants. values: of the address, filters included; empty ones are left out."""
    kept: dict[str, Any] = {name: value for name, value in values.items() if value not in ("", None)}
    return pager(
        listing,
        older_url=url_for(endpoint, before=listing.older, **kept) if listing.older is not None else "",
        newer_url=url_for(endpoint, after=listing.newer, **kept) if listing.newer is not None else "",
    )
