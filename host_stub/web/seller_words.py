"""What a document says of its seller, and which plugins' papers do, in words."""

from __future__ import annotations

from collections.abc import Mapping

from billhook import Catalogue, LazyText
from billhook.host.schemes import SCHEMES, labelled
from billhook.i18n import current_language

from host_stub.services.reading.documents import IssuedDocument
from host_stub.web.panel import panel

_ = Catalogue("host_stub")


def needs() -> dict[str, tuple[str, ...]]:
    """Return the schemes by the plugins whose papers need the seller's requisites."""
    return {
        name: plugin.provider.requisites
        for name, plugin in panel().registry.plugins.items()
        if plugin.provider is not None and plugin.provider.requisites
    }


def log_words() -> dict[str, LazyText | str]:
    """Return the names of requisites, tax systems and ways of VAT, as the log's entries hold them."""
    words: dict[str, LazyText | str] = {}
    for scheme in SCHEMES.values():
        words |= {f"seller.{field.key}": field.label for field in scheme.requisites}
        words |= {f"tax_system.{value}": label for value, label in scheme.regimes}
        words |= {f"vat.{value}": label for value, label in scheme.vats}
    return words


def stated_rows(document: IssuedDocument) -> list[tuple[object, str]]:
    """Return what an issued document says, as frozen with it: its own words, then the seller's tax system."""
    language = current_language()
    rows: list[tuple[object, str]] = [(names.get(language, ""), value) for names, value in document.stated]
    scheme = SCHEMES.get(str(document.seller.get("scheme", "")))
    tax: Mapping[str, object] = document.seller.get("tax") or {}
    if scheme is not None and tax:
        rows.append((_("Tax system"), str(labelled(scheme.regimes, str(tax["regime"])))))
    return rows
