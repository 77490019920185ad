"""Sums as a reader finds them in a text, to add them up."""

from __future__ import annotations

import re

_RUSSIAN = re.compile("(\u2212?)([0-9]{1,3}(?:\u00a0[0-9]{3})*),([0-9]{2})\u00a0руб\\.")
_ENGLISH = re.compile("(\u2212?)RUB\u00a0([0-9]{1,3}(?:,[0-9]{3})*)\\.([0-9]{2})")


def sums_in(text: str) -> list[int]:
    """Return every sum of roubles that stands in a text, in its order, in kopecks."""
    found = [*_RUSSIAN.finditer(text), *_ENGLISH.finditer(text)]
    return [
        (-1 if sign else 1) * int(re.sub(r"\D", "", whole) + part)
        for sign, whole, part in (match.groups() for match in sorted(found, key=lambda match: match.start()))
    ]
