"""Names of hosts in letters of their own, as the network takes them: IDNA 2008, under which ß and ς are letters."""

from __future__ import annotations

import idna


def ascii_domain(domain: str) -> str:
    """Return a domain in ASCII: почта.рф → xn--80a1acny.xn--p1ai. What is ASCII already is left as it is.

    Python's own codec is IDNA 2003, which makes strasse.de, somebody else's, out of straße.de.
    Raises UnicodeError for what is no domain.
    """
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
