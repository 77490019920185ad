"""Texts as the bundled faces can set them.

A character that they all lack would be drawn as an empty box, and spoil the text of the whole document for whoever
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
    """Return a text with each character that the faces lack written by others: `①` as `1`, an emoji as `?`."""
    if text.isascii():
        return text
    known, missing = _coverage()
    composed = unicodedata.normalize("NFC", text)
    return missing.sub(lambda found: _instead(found[0], known), composed)


def lost(text: str) -> str:
    """Return the characters of a text that a document shows as `?` or leaves out, each once, in their order.

    Blanks of all kinds, dashes and joiners are not lost: nobody misses them.
    """
    if text.isascii():
        return ""
    known, missing = _coverage()
    found = dict.fromkeys(missing.findall(unicodedata.normalize("NFC", text)))
    return "".join(each for each in found if _is_lost(each, known))


def _is_lost(character: str, known: frozenset[str]) -> bool:
    instead = _instead(character, known)
    is_mark = unicodedata.category(character) in ("Mn", "Me") and not "\ufe00" <= character <= "\ufe0f"
    return instead == _UNKNOWN or (not instead and is_mark)


@cache
def _coverage() -> tuple[frozenset[str], re.Pattern[str]]:
    """Return what the bundled faces have in every weight, and a pattern of what is in none of them."""
    from fontTools.ttLib import TTFont

    families: dict[str, set[int]] = {}
    for face in sorted(_FACES.glob("*.ttf")):
        with TTFont(face, lazy=True) as font:
            here = set(font.getBestCmap())
        family = face.stem.partition("-")[0]
        families[family] = families.get(family, here) & here
    known = frozenset(map(chr, set().union(*families.values()) | set(range(0x20))))
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
