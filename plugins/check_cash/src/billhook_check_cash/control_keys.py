"""Control keys of Russian bank requisites.

Each check is chosen by the field that is checked: one account in ten passes the other field's rule by chance.
Source: Bank of Russia rules N 515 of 08.09.1997; stdnum for the INN.
"""

from __future__ import annotations

import re
from typing import Final

from stdnum.ru import inn as stdnum_inn

_WEIGHTS: Final = (7, 1, 3)
_KPP: Final = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", re.ASCII)
#: BICs of the Bank of Russia's own offices; accounts opened there follow the correspondent rule.
_BANK_OF_RUSSIA: Final = ("000", "001", "002")
_SINGLE_TREASURY_ACCOUNT: Final = "40102"


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def is_inn(text: str) -> bool:
    """Tell whether this is an INN of a company (10 digits) or a person (12); banks' all-zero «no INN» is not."""
    return (is_digits(text, 10) or is_digits(text, 12)) and bool(text.strip("0")) and stdnum_inn.is_valid(text)


def is_kpp(text: str) -> bool:
    """Tell whether this has the shape of a KPP; it has no check digit."""
    return _KPP.fullmatch(text) is not None


def account_fits_bic(account: str, bic: str) -> bool:
    """Tell whether a client's account carries the key that its bank's BIC demands.

    Both are digits of the right length. Treasury accounts (0…) carry no key: always true.
    """
    if account.startswith("0"):
        return True
    if bic.endswith(_BANK_OF_RUSSIA) or account.startswith(_SINGLE_TREASURY_ACCOUNT):
        return _key_is_right("0" + bic[4:6] + account)
    return _key_is_right(bic[-3:] + account)


def corr_account_fits_bic(account: str, bic: str) -> bool:
    """Tell whether a bank's correspondent account (or the single treasury account) belongs to its BIC."""
    if not _key_is_right("0" + bic[4:6] + account):
        return False
    return account.startswith(_SINGLE_TREASURY_ACCOUNT) or account[-3:] == bic[-3:]


def _key_is_right(digits: str) -> bool:
    return sum(int(digit) * _WEIGHTS[place % 3] for place, digit in enumerate(digits)) % 10 == 0
