"""Russian requisites as people paste them, and the numbers in them: INN and KPP. Pure.

The grouping and the labels that banks, letters and web pages put round a number are taken off; what is left is judged
by `is_inn`, `is_kpp` and whoever knows accounts.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INN_WEIGHTS: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_KPP: Final = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", re.ASCII)
#: What stands before a number, in small letters alone.
_LABELS: Final = frozenset({
    "инн", "кпп", "иннкпп", "бик", "биккредитнойорганизации", "бикбанка", "inn", "kpp", "innkpp", "bic",
    "рс", "рсч", "рсчет", "расчсчет", "расчетныйсчет", "счет", "сч", "номерсчета", "счетполучателя", "лс", "account",
    "кс", "ксч", "корс", "корсч", "корсчет", "коррс", "коррсч", "коррсчет", "корреспондентскийсчет", "ес", "екс",
    "казначейскийсчет", "единыйказначейскийсчет", "n", "no",
})  # fmt: skip
_LABEL: Final = re.compile(r"[^0-9]+", re.ASCII)
_PAIR: Final = re.compile(r"(?P<inn>[0-9]{10})[^0-9A-Z]+(?:(?:КПП|KPP)[^0-9A-Z]*)?(?P<kpp>[0-9]{4}[0-9A-Z]{2}[0-9]{3})")


def bare_number(text: str) -> str:
    """Return a number without what groups it (blanks, dashes and points of all kinds, invisible signs) and its label.

    `р/с № 40702–810–9…` → `407028109…`, `БИК 044525225` → `044525225`, letters in capitals. A label that is not known
    and letters between the digits stay, so that whoever judges the number sees them.
    """
    plain = _without_label(_visible(text)).upper()
    return "".join(
        sign for sign in plain if not (sign.isspace() or unicodedata.category(sign) == "Pd" or sign in "._\u2212")
    )


def inn_and_kpp(text: str) -> tuple[str, str]:
    """Return INN and KPP of what was typed into a field for the INN: `7707083893/773601001`, `ИНН 7707083893`.

    The KPP is empty where there is none. Both are bare; neither is judged.
    """
    plain = _without_label(_visible(text)).upper()
    pair = _PAIR.fullmatch(plain)
    return (pair["inn"], pair["kpp"]) if pair else (bare_number(text), "")


def is_inn(text: str) -> bool:
    """Say whether this is an INN of a company (10 digits) or of a person (12): by its control digits.

    The all-zero number that banks write for «no INN» is none.
    Source: order of the tax service ММВ-7-6/435@ of 29.06.2012.
    """
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", text, re.ASCII) or not text.strip("0"):
        return False
    digits = [int(sign) for sign in text]
    first = len(text) - (1 if len(text) == 10 else 2)
    return all(digits[place] == _control(digits[:place]) for place in range(first, len(text)))


def is_kpp(text: str) -> bool:
    """Say whether this has the shape of a KPP: 4 digits, 2 digits or Latin capitals, 3 digits. No digit is a check."""
    return _KPP.fullmatch(text) is not None


def _control(before: list[int]) -> int:
    weights = _INN_WEIGHTS[len(_INN_WEIGHTS) - len(before) :]
    return sum(weight * digit for weight, digit in zip(weights, before, strict=True)) % 11 % 10


def _visible(text: str) -> str:
    kept = (" " if sign.isspace() else sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cc"))
    return "".join(kept).strip()


def _without_label(text: str) -> str:
    label = _LABEL.match(text)
    if label is None:
        return text
    letters = "".join(sign for sign in label[0].casefold().replace("ё", "е") if sign.isalpha())
    return text[label.end() :] if letters in _LABELS or not letters else text
