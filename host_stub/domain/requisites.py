"""Russian tax numbers: what can be told from the digits alone. Warnings for people, never a reason to refuse.

Source: the control digits of the INN, order of the tax service ММВ-7-6/435@ of 29.06.2012.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from billhook import AccountType

_WEIGHTS: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_KPP: Final = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", re.ASCII)


class Doubt(StrEnum):
    """What looks wrong; each has a sentence in the catalogue."""

    INN_LENGTH = "inn_length"  # 10 digits for a company, 12 for people
    INN_CONTROL = "inn_control"
    KPP_SHAPE = "kpp_shape"
    KPP_NOT_EXPECTED = "kpp_not_expected"  # only companies have one


def valid_inn(inn: str) -> bool:
    """Say whether the control digits of a 10- or 12-digit INN are right."""
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", inn, re.ASCII):
        return False
    digits = [int(c) for c in inn]
    return all(
        digits[place] == _control(digits[:place]) for place in range(len(inn) - (1 if len(inn) == 10 else 2), len(inn))
    )


def _control(before: list[int]) -> int:
    weights = _WEIGHTS[len(_WEIGHTS) - len(before) :]
    return sum(w * d for w, d in zip(weights, before, strict=True)) % 11 % 10


def doubts(kind: AccountType, inn: str, kpp: str) -> list[Doubt]:
    """Return what looks wrong with the tax numbers of an account of this type. Empty ones are in order."""
    found = []
    if inn and len(inn) != (10 if kind is AccountType.COMPANY else 12):
        found.append(Doubt.INN_LENGTH)
    elif inn and not valid_inn(inn):
        found.append(Doubt.INN_CONTROL)
    if kpp and kind is not AccountType.COMPANY:
        found.append(Doubt.KPP_NOT_EXPECTED)
    elif kpp and not _KPP.fullmatch(kpp):
        found.append(Doubt.KPP_SHAPE)
    return found
