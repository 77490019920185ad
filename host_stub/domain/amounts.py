"""Sums as people type them."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

from billhook.errors import MalformedAmount
from billhook.money import Money

#: Largest single sum that a person may enter, in minor units: hundreds of them still reckon together.
LARGEST_MINOR: Final = 10_000_000_000_000


class AmountProblem(StrEnum):
    """Why a typed sum was not taken; each has a sentence in the catalogue."""

    EMPTY = "empty"
    NOT_A_SUM = "not_a_sum"
    TOO_PRECISE = "too_precise"  # 5000.001
    AMBIGUOUS = "ambiguous"  # 5,000: five, or five thousand?
    NOT_POSITIVE = "not_positive"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    GIVEN_TWICE = "given_twice"


class UnreadableAmount(ValueError):
    """The text is no sum; `problem` says why."""

    def __init__(self, problem: AmountProblem, text: str) -> None:
        super().__init__(f"{problem}: {text!r}")
        self.problem = problem
        self.text = text


# One group of up to three digits and then groups of exactly three, or digits without groups; point or comma; decimals.
_SHAPE = re.compile(r"(?P<whole>[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,16})(?:[.,](?P<part>[0-9]*))?", re.ASCII)

# As English pages show a sum. The point makes it certain what the commas are.
_ENGLISH = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*", re.ASCII)


def read_amount(text: str, currency: str) -> Money:
    """Return the sum that a person typed: `5000`, `5 000,00`, `5000.5`, `5,000.00`, with any kind of space in groups.

    Only ASCII digits: a full-width digit is as likely a trick as a slip. `5,000` is refused with a hint, because it
    means five to one reader and five thousand to another.
    Raises UnreadableAmount. Limits are checked by `check_limits`.
    """
    spaced = "".join(" " if unicodedata.category(c) == "Zs" or c == "\t" else c for c in text).strip()
    if not spaced:
        raise UnreadableAmount(AmountProblem.EMPTY, text)
    if re.fullmatch(r"[-−]\s*[0-9][0-9 .,]*", spaced):
        raise UnreadableAmount(AmountProblem.NOT_POSITIVE, text)
    if _ENGLISH.fullmatch(spaced):
        spaced = spaced.replace(",", "")
    shape = _SHAPE.fullmatch(spaced)
    if shape is None:
        raise UnreadableAmount(AmountProblem.NOT_A_SUM, text)
    whole, part = shape["whole"].replace(" ", ""), shape["part"] or ""
    if len(part) == 3 and "," in spaced and len(whole) <= 3:
        raise UnreadableAmount(AmountProblem.AMBIGUOUS, text)
    try:
        amount = Money.of(f"{whole}.{part or '0'}", currency)
    except MalformedAmount as error:
        problem = AmountProblem.TOO_PRECISE if "digits" in error.why else AmountProblem.TOO_LARGE
        raise UnreadableAmount(problem, text) from error
    if amount.minor == 0:
        raise UnreadableAmount(AmountProblem.NOT_POSITIVE, text)
    if amount.minor > LARGEST_MINOR:
        raise UnreadableAmount(AmountProblem.TOO_LARGE, text)
    return amount


def outside_limits(amount: Money, minimum: Money, maximum: Money) -> AmountProblem | None:
    """Return what is wrong with a sum that must lie between two, both included."""
    if amount < minimum:
        return AmountProblem.TOO_SMALL
    return AmountProblem.TOO_LARGE if amount > maximum else None
