"""Keyset pages in addresses: `?before=<id>` is older, `?after=<id>` newer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from host_stub.services.listings import Listing


@dataclass(frozen=True, slots=True)
class Pages:
    """Addresses of the neighbouring pages, empty where there are none."""

    older: str
    newer: str
    count: str


def pages(listing: Listing[Any], endpoint: str, **values: object) -> Pages:
    """Return where the list goes on. values: of the address, filters included; empty ones are left out."""
    kept: dict[str, Any] = {name: value for name, value in values.items() if value not in ("", None)}
    return Pages(
        older=url_for(endpoint, before=listing.older, **kept) if listing.older is not None else "",
        newer=url_for(endpoint, after=listing.newer, **kept) if listing.newer is not None else "",
        count=listing.counted,
    )
