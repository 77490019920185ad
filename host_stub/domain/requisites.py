"""Numbers of payment orders, as people copy them from papers, and as they are compared."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

from host_stub.domain.days import UnreadableDay, day_meant
from host_stub.domain.folding import fold
from host_stub.domain.texts import clean_line, plain_dashes

_SIGN: Final = r"[№#]|n[or]?\.?(?![a-z])|ном[а-яё]*\.?|number"
_ORDER: Final = (
    r"п ?[/.\\⁄-] ?п\.?|пп|пл[./⁄ ]{1,3}п\.?|(?:плат[а-яё]*|пл)\.? ?(?:пор[а-яё]*)?\.?|пор[а-яё]*\.?"
    "|(?:payment |bank )?order"
)
#: Behind `№` stands a number whatever it looks like; behind a word, one that begins with a digit, or nothing.
_ORDER_LABEL: Final = re.compile(
    rf"(?:(?:{_ORDER})?[ .:]*[№#]|(?:(?:{_ORDER})[ .:]*(?:{_SIGN})?|{_SIGN})(?=[ .:]*(?:[0-9]|\Z)))[ .:]*", re.I
)
_DATED: Final = re.compile(
    r"(?P<number>.+?)(?:[ ,]*(?:от|dated|of)[ .:]+|[ ,]+(?=[0-9]{1,2}[./-][0-9]{1,2}[./-]))(?P<day>[0-9«\"].*)", re.I
)
#: Longer than any number with its label and date.
_LONGEST: Final = 200
#: Any day is one that some order may have.
_ANY_TODAY: Final = dt.date(2999, 12, 31)
#: In small letters: those that look alike stand for one another.
_AS_LATIN: Final = str.maketrans("авеёкмнорстух", "abeekmhopctyx")


def order_number(text: str) -> str:
    """Return the number of a payment order without what stands round it: `№ 147`, `п/п 147 от 13.11.2020` → `147`.

    Empty where no letter or digit is left.
    """
    plain = clean_line(text.replace("\t", " "))
    if len(plain) > _LONGEST:
        return plain
    label = _ORDER_LABEL.match(plain)
    number = _undated(plain[label.end() :] if label else plain).strip(" ,;:")
    return number if any(map(str.isalnum, number)) else ""


def _undated(text: str) -> str:
    found = _DATED.fullmatch(text)
    if found is None:
        return text
    try:
        day_meant(found["day"], _ANY_TODAY)
    except UnreadableDay:
        return text
    return found["number"]


def order_key(text: str) -> str:
    """Return the number of a payment order as it is compared: `0147`, `№ 147`, `147 от 13.11.2020` are one; so are
    `147-А`, `147а` and `147/A` in Latin.

    Two orders that differ only in what is left out here are asked about; nothing is shown in this form.
    """
    figures = "".join(str(unicodedata.decimal(sign, sign)) for sign in order_number(text))
    plain = plain_dashes(figures).casefold().translate(_AS_LATIN)
    parts = re.findall(r"[0-9]+|[^\W0-9_]+", re.sub(r"(?<=[0-9])o|o(?=[0-9])", "0", plain))
    key = ""
    for part in parts:
        bare = part.lstrip("0") or "0" if part.isdigit() else part
        key += f"-{bare}" if key[-1:].isdigit() and part.isdigit() else bare
    return key


def may_be_one_name(one: str, other: str) -> bool:
    """Say whether two names of a payer may mean the same: one has all the words of the other."""
    first, second = (set(re.findall(r"\w+", fold(name))) for name in (one, other))
    return first <= second or second <= first
