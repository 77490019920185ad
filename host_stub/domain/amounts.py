"""Sums as people type and paste them: one reader for every field. docs/typed.md shows what it understands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from billhook.errors import MalformedAmount
from billhook.money import MINOR_DIGITS, Money

from host_stub.domain.texts import clean_line, plain_dashes

#: Largest single sum that a person may enter, in minor units: hundreds of them still reckon together.
LARGEST_MINOR: Final = 10_000_000_000_000


class AmountProblem(StrEnum):
    """Why a typed sum was not taken; each has a sentence in the catalogue."""

    EMPTY = "empty"
    NOT_A_SUM = "not_a_sum"
    TOO_PRECISE = "too_precise"  # 5000.001
    AMBIGUOUS = "ambiguous"  # 5,000 and 5.000: five, or five thousand?
    OTHER_CURRENCY = "other_currency"  # $5 where roubles are asked for
    NOT_POSITIVE = "not_positive"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    GIVEN_TWICE = "given_twice"


class UnreadableAmount(ValueError):
    """The text is no sum; `problem` says why. readings: what an ambiguous one may mean, the larger first."""

    def __init__(self, problem: AmountProblem, text: str, readings: tuple[Money, ...] = ()) -> None:
        super().__init__(f"{problem}: {text!r}")
        self.problem = problem
        self.text = text
        self.readings = readings


_ROUBLES: Final = ("RUB", "BYN")
#: Currencies that a word or sign may mean; written without blanks, points and capitals. Those that the panel does not
#: sell in are known only to be refused as what they are.
_MARKS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("р", "руб", "рубль", "рубля", "рублей", "рубли"), _ROUBLES),
    **dict.fromkeys(("₽", "rub", "rur", "росруб", "рубрф"), ("RUB",)),
    **dict.fromkeys(("br", "byn", "белруб", "бр"), ("BYN",)),
    **dict.fromkeys(("₸", "kzt", "тг", "тенге"), ("KZT",)),
    **dict.fromkeys(("$", "us$", "usd", "долл", "доллсша", "доллар", "доллара", "долларов"), ("USD",)),
    **dict.fromkeys(("€", "eur", "евро"), ("EUR",)),
    **dict.fromkeys(("£", "gbp"), ("GBP",)),
    **dict.fromkeys(("¥", "jpy", "cny"), ("JPY", "CNY")),
    **dict.fromkeys(("₴", "uah", "грн"), ("UAH",)),
    **dict.fromkeys(("kwd",), ("KWD",)),
}

_WHOLE: Final = r"[0-9]+|[0-9]{1,3}(?:(?P<blank>[ '])[0-9]{3})(?:(?P=blank)[0-9]{3})*"
# Decimals behind a point or comma; behind a dash or `=` as in payment orders: `5000-00`, `5 000=00`.
_ORDINARY: Final = re.compile(rf"(?P<whole>{_WHOLE})(?:[.,](?P<part>[0-9]+)|[-=](?P<minor>[0-9]+))?", re.ASCII)
# Groups by one sign and decimals by the other or by a dash, or two groups at least: one meaning, whatever the reader's
# habits.
_BY_SIGNS: Final = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:(?P<sign>[.,])[0-9]{3})(?:(?P=sign)[0-9]{3})*)"
    r"(?:(?!(?P=sign))[.,](?P<part>[0-9]+)|[-=](?P<minor>[0-9]+))"
    r"|(?P<groups>[0-9]{1,3}(?:\.[0-9]{3}){2,}|[0-9]{1,3}(?:,[0-9]{3}){2,})",
    re.ASCII,
)
_TWO_MEANINGS: Final = re.compile(r"(?P<whole>[1-9][0-9]{0,2})[.,](?P<part>[0-9]{3})", re.ASCII)
#: `.50`: a sum without its nought.
_DECIMALS_ALONE: Final = re.compile(r"[.,](?P<part>[0-9]+)", re.ASCII)
#: `5000 р. 50 коп.`
_WITH_KOPECKS: Final = re.compile(
    r"(?P<whole>.*[0-9]) ?(?P<mark>(?:р|руб|рубл[а-я]+)\.?) ?(?P<minor>[0-9]{1,2}) ?(?:к|коп|копе[а-я]+)\.?", re.I
)
_SUM: Final = re.compile(
    r"(?P<before>[^0-9]*?)(?P<number>[.,]?[0-9](?:[0-9 .,'=-]*[0-9])?)(?P<after>[^0-9]*)", re.ASCII
)
#: What closes a number and adds nothing to it: `5000.`, `5000=`, `5000,-`.
_CLOSING: Final = re.compile(r"\A ?(?:[.,] ?(?:=|--?)|[.,=])")
#: A mark that may carry a point of its own: `руб.50` is not `руб .50`.
_ENDS_IN_LETTER: Final = re.compile(r"[^\W\d_]\Z")
_APOSTROPHES: Final = str.maketrans(dict.fromkeys("\u2019\u02bc`\u2032", "'"))
#: Letters that look alike: a mark is known in either alphabet.
_AS_CYRILLIC: Final = str.maketrans("abcehkmoptxy", "авсенкмортху")
_AS_LATIN: Final = str.maketrans("авсенкмортху", "abcehkmoptxy")
#: Longer than any sum; whoever pastes more pasted something else.
_LONGEST: Final = 80


def read_amount(text: str, currency: str, *, signed: bool = False, zero: bool = False) -> Money:
    """Return the sum that a person typed or pasted: `5000`, `5 000,00 руб.`, `5'000.50`, `RUB 5,000.00`, `5000-00`.

    signed: a sign before it is allowed. zero: nought is allowed.
    Only ASCII digits: a full-width digit is as likely a trick as a slip. Three digits behind a single point or comma
    are thousands to one reader and decimals to another: refused with both readings. Where the currency has three
    decimals (KWD) they are the decimals, where it has none (JPY) the thousands.
    Raises UnreadableAmount. Limits are checked by `outside_limits`.
    """
    sign, body = _signed(_tidied(text))
    if not body:
        raise UnreadableAmount(AmountProblem.EMPTY, text)
    if sign == "+" and not signed:
        raise UnreadableAmount(AmountProblem.NOT_A_SUM, text)
    number, may_be_whole = _without_marks(body, currency, text)
    numbers = _numbers(number, MINOR_DIGITS[currency], may_be_whole=may_be_whole)
    readings = _sums(numbers, currency, text)
    if (sign == "-" and not signed) or (readings[0].minor == 0 and not zero):
        raise UnreadableAmount(AmountProblem.NOT_POSITIVE, text)
    if readings[0].minor > LARGEST_MINOR:
        raise UnreadableAmount(AmountProblem.TOO_LARGE, text)
    if sign == "-":
        readings = tuple(-reading for reading in readings)
    if len(numbers) > 1:
        raise UnreadableAmount(AmountProblem.AMBIGUOUS, text, readings)
    return readings[0]


def _tidied(text: str) -> str:
    """Return the text with one kind of blank, dash and apostrophe."""
    plain = plain_dashes(clean_line(text.replace("\t", " ").replace("\n", " "))).translate(_APOSTROPHES)
    if len(plain) > _LONGEST:
        raise UnreadableAmount(AmountProblem.NOT_A_SUM, text)
    return plain


def _signed(text: str) -> tuple[str, str]:
    return (text[0], text[1:].lstrip()) if text[:1] in ("-", "+") else ("", text)


def _without_marks(body: str, currency: str, text: str) -> tuple[str, bool]:
    """Return the number alone, once the words and signs round it are known to mean this currency.

    Then, whether the point before it may be of the word that stands there: `руб.50`.
    """
    kopecks = _WITH_KOPECKS.fullmatch(body)
    if kopecks is not None:
        body = f"{kopecks['whole']}-{kopecks['minor']:0>2}{kopecks['mark']}"
    parts = _SUM.fullmatch(body)
    if parts is None:
        raise UnreadableAmount(AmountProblem.NOT_A_SUM, text)
    before, number = parts["before"], parts["number"]
    for words in (before, _CLOSING.sub("", parts["after"]).rstrip(" .,=")):
        mark = _mark(words)
        if words.strip() and mark not in _MARKS:
            raise UnreadableAmount(AmountProblem.NOT_A_SUM, text)
        if mark and currency not in _MARKS[mark]:
            raise UnreadableAmount(AmountProblem.OTHER_CURRENCY, text)
    return _joined(number, MINOR_DIGITS[currency]), _ENDS_IN_LETTER.search(before) is not None


def _joined(number: str, digits: int) -> str:
    """Return the number without blanks round the sign before its decimals: `5 000, 00`, `5 000 - 00`."""
    number = re.sub(r" ?([-=]) ?", r"\1", number)
    return re.sub(rf" ?([.,]) ?(?=[0-9]{{{digits}}}\Z)", r"\1", number) if digits else number


def _mark(words: str) -> str:
    """Return a currency's word or sign as `_MARKS` writes it, typed in either alphabet: `p.` for `р.`."""
    mark = re.sub(r"(?<=\w)\.| ", "", words).casefold()
    spellings = (mark, mark.translate(_AS_CYRILLIC), mark.translate(_AS_LATIN))
    return next((each for each in spellings if each in _MARKS), mark)


def _numbers(number: str, digits: int, *, may_be_whole: bool) -> tuple[str, ...]:
    """Return the number as plain decimal text; two where it may mean two things, none where it is no number.

    digits: decimals of the currency. may_be_whole: the point that begins it may belong to the word before it.
    """
    found = _DECIMALS_ALONE.fullmatch(number)
    if found is not None:
        part, decimals = found["part"], f"0.{found['part']}"
        if not may_be_whole or number[0] == ",":
            return (decimals,)
        return (part, decimals) if len(part) <= digits else (part,)
    if may_be_whole:
        number = number.removeprefix(".")
    found = _TWO_MEANINGS.fullmatch(number)
    if found is not None:
        thousands, decimals = found["whole"] + found["part"], f"{found['whole']}.{found['part']}"
        return {0: (thousands,), 3: (decimals,)}.get(digits, (thousands, decimals))
    found = _BY_SIGNS.fullmatch(number) or _ORDINARY.fullmatch(number)
    if found is None or (found["minor"] and len(found["minor"]) != digits):
        return ()
    whole = found.groupdict().get("groups") or found["whole"]
    return (f"{re.sub('[^0-9]', '', whole)}.{found['part'] or found['minor'] or '0'}",)


def _sums(numbers: tuple[str, ...], currency: str, text: str) -> tuple[Money, ...]:
    """Return what can be paid of what the text may mean."""
    sums, problem = [], AmountProblem.NOT_A_SUM
    for number in numbers:
        try:
            sums.append(Money.of(number, currency))
        except MalformedAmount as error:
            problem = AmountProblem.TOO_PRECISE if "digits" in error.why else AmountProblem.TOO_LARGE
    if not sums:
        raise UnreadableAmount(problem, text)
    return tuple(sums)


def outside_limits(amount: Money, minimum: Money, maximum: Money) -> AmountProblem | None:
    """Return what is wrong with a sum that must lie between two, both included."""
    if amount < minimum:
        return AmountProblem.TOO_SMALL
    return AmountProblem.TOO_LARGE if amount > maximum else None
