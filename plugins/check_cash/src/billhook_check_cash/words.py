"""Sums in Russian words, as payment orders want them: «Пять тысяч рублей 00 копеек».

Roubles in words, kopecks in two digits, neither shortened, the first letter capital.
"""

# billhook: Russian by law: what a bank's papers say does not follow the reader's language.
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from billhook import Money
from billhook.i18n import plural_index

Forms = tuple[str, str, str]

_ONES: Final = (
    "", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать",
    "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать",
    "девятнадцать",
)  # fmt: skip
_FEMININE: Final = {1: "одна", 2: "две"}
_TENS: Final = (
    "", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто",
)  # fmt: skip
_HUNDREDS: Final = (
    "", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот",
)  # fmt: skip
#: Names of the groups of three digits above the first, and whether they are feminine.
_GROUPS: Final[tuple[tuple[Forms, bool], ...]] = (
    (("тысяча", "тысячи", "тысяч"), True),
    (("миллион", "миллиона", "миллионов"), False),
    (("миллиард", "миллиарда", "миллиардов"), False),
    (("триллион", "триллиона", "триллионов"), False),
)


@dataclass(frozen=True, slots=True)
class _Currency:
    major: Forms
    minor: Forms


_CURRENCIES: Final = {
    "RUB": _Currency(("рубль", "рубля", "рублей"), ("копейка", "копейки", "копеек")),
    "BYN": _Currency(
        ("белорусский рубль", "белорусских рубля", "белорусских рублей"), ("копейка", "копейки", "копеек")
    ),
    "KZT": _Currency(("тенге", "тенге", "тенге"), ("тиын", "тиына", "тиынов")),
}


class CurrencyWithoutWords(LookupError):
    """No Russian names are known for this currency."""


def sum_in_words(amount: Money) -> str:
    """Return the sum in words: «Двадцать один рубль 05 копеек».

    Raises CurrencyWithoutWords; ValueError for a negative sum, which no bill has.
    """
    if amount.minor < 0:
        raise ValueError("a bill has no negative sum")
    if amount.currency not in _CURRENCIES:
        raise CurrencyWithoutWords(amount.currency)
    names = _CURRENCIES[amount.currency]
    major, minor = divmod(amount.minor, 100)
    text = f"{cardinal(major)} {_form(names.major, major)} {minor:02d} {_form(names.minor, minor)}"
    return text[0].upper() + text[1:]


def cardinal(number: int) -> str:
    """Return a whole number from 0 to 999 trillion in words, masculine: «двадцать один»."""
    if not 0 <= number < 10 ** (3 * (len(_GROUPS) + 1)):
        raise ValueError(f"{number} has no words here")
    return " ".join(_words(number)) or "ноль"


def _words(number: int) -> Iterator[str]:
    for power in range(len(_GROUPS), -1, -1):
        group = number // 1000**power % 1000
        if not group:
            continue
        forms, feminine = _GROUPS[power - 1] if power else (None, False)
        yield from _group(group, feminine)
        if forms:
            yield _form(forms, group)


def _group(number: int, feminine: bool) -> Iterator[str]:
    hundreds, rest = divmod(number, 100)
    tens, ones = (0, rest) if rest < 20 else divmod(rest, 10)
    one = _FEMININE.get(ones, _ONES[ones]) if feminine else _ONES[ones]
    yield from filter(None, (_HUNDREDS[hundreds], _TENS[tens], one))


def _form(forms: Forms, number: int) -> str:
    return forms[plural_index("ru", number)]
