"""Names and notes as people type and paste them: what nobody sees goes, and a name has something to see.

One cleaner for every text field. Sums, dates and requisites begin with it too. docs/typed.md shows what it does.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Fillers and shape selectors: letters and marks by category, but nothing is drawn (Default_Ignorable_Code_Point).
_FILLERS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_UNSEEN: Final = re.compile(f"[{_FILLERS}]")
#: A blank that is a symbol by category: the empty pattern of Braille.
_BLANK: Final = "\u2800"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def clean_line(text: str) -> str:
    """Return one line: without invisible signs and signs that turn the direction, every blank an ordinary one.

    Composed (NFC), so that a pasted «й» of two signs is found by search. Empty where nothing would be seen of it, such
    as of accents alone. Control characters stay: a form refuses them.
    """
    if text.isascii():
        return text.strip()
    plain = "".join(map(_seen, _UNSEEN.sub("", text)))
    composed = unicodedata.normalize("NFC", plain).strip()
    return composed if _has_visible(composed) else ""


def clean_text(text: str) -> str:
    """Return several lines, each cleaned as `clean_line` does and without control characters; the lines stay."""
    lines = re.split(r"\r\n|[\r\n\u2028\u2029]", _CONTROL.sub("", text))
    return "\n".join(clean_line(line.replace("\t", " ")) for line in lines).strip()


def plain_dashes(text: str) -> str:
    """Return the text with a hyphen for every dash and for the minus sign: banks and word processors write any."""
    if text.isascii():
        return text
    return "".join("-" if sign == "\u2212" or unicodedata.category(sign) == "Pd" else sign for sign in text)


def _seen(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in ("Zs", "Zl", "Zp") or sign == _BLANK:
        return " "
    # Cf: zero-width blanks, soft hyphens, bidi controls. Cs, Co: nothing has a shape for them.
    return "" if category in ("Cf", "Cs", "Co") else sign


def _has_visible(text: str) -> bool:
    return any(unicodedata.category(sign)[0] in "LNPSC" for sign in text)
