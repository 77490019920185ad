"""Russian requisites as people paste them, and the numbers in them: INN and KPP. Pure.

The grouping and the labels that banks, letters and web pages put round a number are taken off; what is left is judged
by `inn_fault`, `kpp_fault` and whoever knows accounts, each in one sentence for all forms.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from billhook.i18n import Catalogue, LazyText

_ = Catalogue("billhook")

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
_INN_SHAPE: Final = re.compile(r"[0-9]{10}|[0-9]{12}", re.ASCII)
#: Both labels before both numbers, which then follow in either order.
_BOTH_LABELS: Final = re.compile(r"\W*(?:(?:ИНН|INN)\W*(?:КПП|KPP)|(?:КПП|KPP)\W*(?:ИНН|INN))")
_ONE_LABEL: Final = re.compile("(ИНН|INN|КПП|KPP)")
#: Longer than any two numbers with their labels.
_LONGEST: Final = 300
#: Letters that look like the Latin ones of a KPP.
_AS_LATIN: Final = str.maketrans("АВСЕНКМОРТХУ", "ABCEHKMOPTXY")


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
    """Return INN and KPP of what was pasted into a field for the INN: `7707083893/773601001`, `ИНН 7707083893`.

    Two cells of a table, both labels and either order are understood. What is not there is empty: `ИНН 500100732259
    КПП -`. Both are bare; neither is judged.
    """
    if len(text) > _LONGEST:
        return bare_number(text), ""
    cells = re.sub(r"\s*[\t\r\n\v\f]+\s*", "/", text.strip())
    plain = _visible(cells).upper()
    inn, kpp = _labelled(plain) or _parted(_BOTH_LABELS.sub("", plain, count=1)) or (text, "")
    inn, kpp = bare_number(inn), bare_kpp(kpp)
    return (kpp, inn) if is_kpp(inn) and _INN_SHAPE.fullmatch(kpp) else (inn, kpp)


def bare_kpp(text: str) -> str:
    """Return a KPP as `bare_number` does, with Latin letters for those that look like them.

    Empty for what banks write where there is none: `0`, `-`.
    """
    bare = bare_number(text.strip(" /\\|;,")).translate(_AS_LATIN)
    return bare if bare.strip("0") and any(sign.isdigit() for sign in bare) else ""


def _labelled(plain: str) -> tuple[str, str] | None:
    """Return the texts behind the labels of INN and KPP, if that of the KPP stands there and neither does twice."""
    if _BOTH_LABELS.match(plain):
        return None
    first, *others = _ONE_LABEL.split(plain)
    behind = dict(zip(others[::2], (each.strip(" /\\|;,:") for each in others[1::2]), strict=True))
    kpp = [text for label, text in behind.items() if label in ("КПП", "KPP")]
    inn = [text for label, text in behind.items() if label in ("ИНН", "INN")]
    inn += [bare] if (bare := first.strip(" /\\|;,:")) else []
    if len(behind) * 2 != len(others) or len(kpp) != 1 or len(inn) > 1:
        return None
    return (inn[0] if inn else "", kpp[0])


def _parted(plain: str) -> tuple[str, str] | None:
    """Return the two numbers of a text without labels between them.

    Blanks and dashes group digits too: there both must look like what they should be, behind a `/` one of them.
    """
    body = _without_label(plain) if plain[:1].isalnum() else plain.strip(" :№")
    for sign, least in ((r"[/\\|;,]", 1), (r"[^0-9A-ZА-Я]+", 2)):
        parts = re.split(sign, body)
        if len(parts) == 2 and sum(map(_has_shape, parts)) >= least:
            return parts[0], parts[1]
    return None


def _has_shape(text: str) -> bool:
    return is_kpp(bare_kpp(text)) or _INN_SHAPE.fullmatch(bare_number(text)) is not None


def inn_fault(inn: str, digits: tuple[int, ...] = (10, 12)) -> LazyText | None:
    """Return the sentence about a bare text that is no INN, None about one that is: how many digits there are, which
    sign is none, or that the control digits do not agree.

    digits: how many it may have: 10 for a company, 12 for people.
    """
    if re.fullmatch("[0-9]+", inn, re.ASCII) and len(inn) in digits:
        return None if is_inn(inn) else _("This INN does not exist: its check digits are wrong.")
    wanted: dict[tuple[int, ...], LazyText] = {
        (10,): _("The INN of a company has 10 digits"),
        (12,): _("The INN of a person has 12 digits"),
    }
    return seen_instead(inn, wanted.get(digits, _("An INN has 10 or 12 digits")))


def kpp_fault(kpp: str) -> LazyText | None:
    """Return the sentence about a bare text that has not the shape of a KPP, None about one that has."""
    if is_kpp(kpp):
        return None
    wanted = _("A KPP has 9 characters: 4 digits, 2 digits or Latin capitals, 3 digits")
    if len(kpp) == 9 and re.fullmatch("[0-9A-Z]+", kpp, re.ASCII):
        return _("{wanted}; here they stand otherwise: {seen}.", wanted=wanted, seen=kpp)
    return seen_instead(kpp, wanted, letters=True)


def seen_instead(number: str, wanted: LazyText, *, letters: bool = False) -> LazyText:
    """Return a sentence: what a number should be, and the strange sign or the count that was seen instead.

    letters: Latin capitals are not strange.
    """
    known = "0123456789" + ("ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letters else "")
    stray = "".join(dict.fromkeys(sign for sign in number if sign not in known))
    if stray:
        return _("{wanted}; among them stands “{stray}”.", wanted=wanted, stray=stray[:10])
    return _("{wanted}; here are {count}.", wanted=wanted, count=len(number))


def is_inn(text: str) -> bool:
    """Say whether this is an INN of a company (10 digits) or of a person (12): by its control digits.

    The all-zero number that banks write for «no INN» is none.
    Source: order of the tax service ММВ-7-6/435@ of 29.06.2012.
    """
    if not _INN_SHAPE.fullmatch(text) or not text.strip("0"):
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
    signs = (" " if sign.isspace() else sign for sign in text)
    return "".join(sign for sign in signs if unicodedata.category(sign) not in ("Cf", "Cc")).strip()


def _without_label(text: str) -> str:
    label = _LABEL.match(text)
    if label is None:
        return text
    letters = "".join(sign for sign in label[0].casefold().replace("ё", "е") if sign.isalpha())
    return text[label.end() :] if letters in _LABELS or not letters else text
