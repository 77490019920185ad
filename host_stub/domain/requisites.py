"""What people copy from papers: tax numbers of a customer, and what looks wrong in them; numbers of payment orders."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from billhook import AccountType
from billhook.requisites import is_inn, is_kpp

from host_stub.domain.texts import clean_line

_ORDER_LABEL: Final = re.compile(
    r"(?:п ?/ ?п|пп|плат[а-яё]*\.? ?пор[а-яё]*\.?|payment order)?[ .:]*(?:№|n[or]?\.?|ном[а-яё]*\.?)?[ .:]*(?=[0-9])",
    re.I,
)


class Doubt(StrEnum):
    """What looks wrong; each has a sentence in the catalogue."""

    INN_LENGTH = "inn_length"  # 10 digits for a company, 12 for people
    INN_CONTROL = "inn_control"
    KPP_SHAPE = "kpp_shape"
    KPP_NOT_EXPECTED = "kpp_not_expected"  # only companies have one


def doubts(kind: AccountType, inn: str, kpp: str) -> list[Doubt]:
    """Return what looks wrong with the tax numbers of an account of this type, a warning only. Empty ones are in order.

    inn, kpp: bare, as `billhook.requisites.inn_and_kpp` returns them.
    """
    found = []
    if inn and len(inn) != (10 if kind is AccountType.COMPANY else 12):
        found.append(Doubt.INN_LENGTH)
    elif inn and not is_inn(inn):
        found.append(Doubt.INN_CONTROL)
    if kpp and kind is not AccountType.COMPANY:
        found.append(Doubt.KPP_NOT_EXPECTED)
    elif kpp and not is_kpp(kpp):
        found.append(Doubt.KPP_SHAPE)
    return found


def order_number(text: str) -> str:
    """Return the number of a payment order without what stands before it: `№ 147`, `п/п 147` → `147`."""
    plain = clean_line(text)
    label = _ORDER_LABEL.match(plain)
    return plain[label.end() :] if label else plain
