"""Parsing a sum never rounds, however long its text is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from billhook import MalformedAmount, Money


@pytest.mark.parametrize("text", ["5.000000000000000000000000000000001", "0.01" + "0" * 40 + "1", "4.99" + "9" * 40])
def test_a_sum_with_more_digits_than_decimal_arithmetic_keeps_is_refused_not_rounded(text):
    for amount in (text, Decimal(text)):
        with pytest.raises(MalformedAmount):
            Money.of(amount, "RUB")


def test_any_number_of_zeros_after_the_point_changes_nothing():
    assert Money.of("5.00" + "0" * 40, "RUB") == Money(500, "RUB")
