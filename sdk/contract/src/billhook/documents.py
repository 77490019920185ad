"""Documents of a provider: their kinds, and one before it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billhook.settings import Text


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A document that the provider can issue for a payment, named in addresses by `name` (`receipt`)."""

    name: str
    label: Text


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """A document before it is drawn: the host compiles and renders it in the limited child.

    template: Liquid text (the reseller's, or the stock one). stock: the text to fall back to if `template` fails;
    its rendering is trusted and tested. context: plain dicts, lists, text, int, Decimal, bool, date.
    assets: by name, for `asset:<name>` addresses in the HTML: SVG or PNG bytes.
    frozen: what must be kept with the issued document (VAT rate, basis, amount, table version): JSON-able. It comes
        back in `DocumentFacts.frozen` when the payment's page is opened again.
    file_name: ASCII, ends with .pdf. title: of the PDF, where the template's HTML has none.
    facts: what a paper of this kind must state, by what it is called (`{_("BIC"): "044525225"}`): the host looks for
        each on the drawn page before a reseller's template is kept, and names those that cannot be read there.
        Blanks and boxes between the digits do not matter.
    stated: what the paper says, by what it is called, for those who look at the issued document in the panel: kept with
        it in every language, and shown whatever became of settings and requisites since. Empty for nothing to show.
    """

    template: str
    stock: str
    context: Mapping[str, object]
    assets: Mapping[str, bytes] = field(default_factory=dict)
    frozen: Mapping[str, object] = field(default_factory=dict)
    file_name: str = "document.pdf"
    title: Text = ""
    facts: Mapping[Text, str] = field(default_factory=dict)
    stated: Mapping[Text, str] = field(default_factory=dict)
