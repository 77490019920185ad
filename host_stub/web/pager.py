"""What `ui.pager` and `ui.nothing_found` want to know of a page of a list."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue, LazyText
from billhook.formats import NBSP
from billhook.i18n import current_language

from host_stub.services.reading import Listing

_ = Catalogue("host_stub")

Text = LazyText | str


def pager(listing: Listing[Any], *, older_url: str, newer_url: str) -> dict[str, Text]:
    """Return addresses, their labels where the plain ones do not do, and the count in words.

    A search that ended before the list did says how far it got, and its link goes on.
    """
    return {
        "next_url": older_url,
        "previous_url": newer_url,
        "count": _count_words(listing),
        "next_label": _("Search further") if listing.further == "older" else "",
        "previous_label": _("Search further") if listing.further == "newer" else "",
    }


def _count_words(listing: Listing[Any]) -> Text:
    if listing.further:
        figures = f"{listing.looked_through:,}"
        return _("Rows looked through: {count}", count=figures.replace(",", NBSP) if _russian() else figures)
    return _("Found: {count}", count=listing.counted) if listing.count is not None else ""


def _russian() -> bool:
    return current_language() == "ru"
