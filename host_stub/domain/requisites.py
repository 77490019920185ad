"""Numbers of payment orders, as people copy them from papers."""

from __future__ import annotations

import re
from typing import Final

from host_stub.domain.texts import clean_line

_ORDER_LABEL: Final = re.compile(
    r"(?:п ?/ ?п|пп|плат[а-яё]*\.? ?пор[а-яё]*\.?|payment order)?[ .:]*(?:№|n[or]?\.?|ном[а-яё]*\.?)?[ .:]*(?=[0-9])",
    re.I,
)


def order_number(text: str) -> str:
    """Return the number of a payment order without what stands before it: `№ 147`, `п/п 147` → `147`."""
    plain = clean_line(text)
    label = _ORDER_LABEL.match(plain)
    return plain[label.end() :] if label else plain
