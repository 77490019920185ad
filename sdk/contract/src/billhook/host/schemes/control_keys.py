"""Control keys of Russian bank accounts.

Each check is chosen by the field that is checked: one account in ten passes the other field's rule by chance.
Source: Bank of Russia rules N 515 of 08.09.1997.
"""

from __future__ import annotations

from typing import Final

_WEIGHTS: Final = (7, 1, 3)
#: BICs of the Bank of Russia's own offices; accounts opened there follow the correspondent rule.
_BANK_OF_RUSSIA: Final = ("000", "001", "002")
_SINGLE_TREASURY_ACCOUNT: Final = "40102"


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def is_treasury_account(account: str) -> bool:
    """Tell whether an account is kept by the Federal Treasury (03214…): for states, cities and their institutions."""
    return account.startswith("0")


def is_single_treasury_account(account: str) -> bool:
    """Tell whether this is what stands in place of a correspondent account for treasury accounts."""
    return account.startswith(_SINGLE_TREASURY_ACCOUNT)


def account_fits_bic(account: str, bic: str) -> bool:
    """Tell whether a client's account carries the key that its bank's BIC demands.

    Both are digits of the right length. Treasury accounts (0…) carry no key: always true.
    """
    if is_treasury_account(account):
        return True
    if bic.endswith(_BANK_OF_RUSSIA) or is_single_treasury_account(account):
        return _key_is_right("0" + bic[4:6] + account)
    return _key_is_right(bic[-3:] + account)


def corr_account_fits_bic(account: str, bic: str) -> bool:
    """Tell whether a bank's correspondent account (or the single treasury account) belongs to its BIC."""
    if not _key_is_right("0" + bic[4:6] + account):
        return False
    return is_single_treasury_account(account) or account[-3:] == bic[-3:]


def _key_is_right(digits: str) -> bool:
    return sum(int(digit) * _WEIGHTS[place % 3] for place, digit in enumerate(digits)) % 10 == 0
