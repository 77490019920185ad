"""Texts as the bundled typeface can set them.

A character that the face lacks would be drawn as an empty box, and spoil the text of the whole document for whoever
copies or searches it: the PDF then carries no usable mapping from glyphs to characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

_FACES: Final = Path(__file__).parent / "fonts"
_UNKNOWN: Final = "?"


def legible(text: str) -> str:
    """Return a text with each character that the face lacks written by others: `ﬁ` as `fi`, an emoji as `?`."""
    if text.isascii():
        return text
    known, missing = _coverage()
    composed = unicodedata.normalize("NFC", text)
    return missing.sub(lambda found: _instead(found[0], known), composed)


@cache
def _coverage() -> tuple[frozenset[str], re.Pattern[str]]:
    """Return what every bundled face has, and a pattern of what one of them lacks."""
    from fontTools.ttLib import TTFont

    maps = []
    for face in sorted(_FACES.glob("*.ttf")):
        with TTFont(face, lazy=True) as font:
            maps.append(set(font.getBestCmap()))
    known = frozenset(map(chr, set.intersection(*maps) | set(range(0x20))))
    return known, re.compile(f"[^{re.escape(''.join(sorted(known)))}]")


def _instead(character: str, known: frozenset[str]) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cc"):  # joiners, marks, selectors of a shape: nothing is seen of them alone
        return ""
    if category in ("Zs", "Zl", "Zp"):
        return " "
    if category == "Pd":
        return "-"
    plain = unicodedata.normalize("NFKD", character)
    kept = "".join(each for each in plain if each in known)
    return kept if plain != character and kept.strip() else _UNKNOWN
