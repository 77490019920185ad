from __future__ import annotations

from decimal import Decimal

import pytest
from billhook import Money
from billhook_check_cash.words import CurrencyWithoutWords, sum_in_words
from hypothesis import example, given
from hypothesis import strategies as st
from num2words import num2words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (500_000, "RUB", "Пять тысяч рублей 00 копеек"),
        (256_397_721, "RUB", "Два миллиона пятьсот шестьдесят три тысячи девятьсот семьдесят семь рублей 21 копейка"),
        (1, "RUB", "Ноль рублей 01 копейка"),
        (100, "RUB", "Один рубль 00 копеек"),
        (1_102, "RUB", "Одиннадцать рублей 02 копейки"),
        (200_000, "RUB", "Две тысячи рублей 00 копеек"),
        (100_000_102, "BYN", "Один миллион один белорусский рубль 02 копейки"),
        (100_000_102, "KZT", "Один миллион один тенге 02 тиына"),
    ],
)
def test_a_sum_is_written_as_payment_orders_want_it(minor: int, currency: str, words: str) -> None:
    assert sum_in_words(Money(minor, currency)) == words


@given(st.integers(0, 99_999_999_999_999), st.sampled_from(["RUB", "BYN", "KZT"]))
@example(2_100_000_100, "RUB")
@example(1_211_111_219, "KZT")
def test_words_agree_with_an_independent_library(minor: int, currency: str) -> None:
    expected = num2words(
        Decimal(minor).scaleb(-2), lang="ru", to="currency", currency=currency, cents=False, separator=""
    )

    assert sum_in_words(Money(minor, currency)) == expected[0].upper() + expected[1:]


def test_a_negative_sum_and_a_currency_without_words_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        sum_in_words(Money(-1, "RUB"))
    with pytest.raises(CurrencyWithoutWords):
        sum_in_words(Money(1, "USD"))
