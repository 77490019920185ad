"""Text as it is compared and searched: what people see as the same word is the same word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

#: Left out: typed in one way here and in another there. Dashes and quotes by their class, these by name.
_QUOTES: Final = "\"'`´"
_DROPPED_CLASSES: Final = frozenset({"Pd", "Pi", "Pf", "Cf"})
_YO, _YE = chr(0x0451), chr(0x0435)  # CYRILLIC SMALL LETTER IO and IE
_LOW_QUOTES: Final = "„‚"


def fold(text: str) -> str:
    """Return the text without what people do not mean by it: case, ё, kinds of quotes, dashes and blanks.

    `ООО «ТехноСервис»` and `ооо "техносервис"` give the same; so do `Пётр` and `петр`, `№ 7` and `no 7`.
    The same on every database, which is why the host does it and not SQL.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = plain if plain.isascii() else "".join(map(_seen, plain))
    return " ".join(kept.translate(_ASCII_OFF).split())


_ASCII_OFF: Final = str.maketrans("", "", _QUOTES + "-")


def _seen(sign: str) -> str:
    if sign == _YO:
        return _YE
    return "" if sign in _LOW_QUOTES or unicodedata.category(sign) in _DROPPED_CLASSES else sign


def fold_all(texts: Iterable[str]) -> str:
    """Return several texts folded, one a line: what is looked for in all of them never spans two."""
    return "\n".join(folded for text in texts if (folded := fold(text)))
