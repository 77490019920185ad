"""Sums are exact, typed and never rounded by accident."""

from __future__ import annotations

from decimal import Decimal

import pytest
from billhook import CurrencyMismatch, MalformedAmount, Money
from hypothesis import given
from hypothesis import strategies as st


def rub(amount: str) -> Money:
    return Money.of(amount, "RUB")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e9", "5,000", "+5", "5 000", "", "５", "--1", "1.", ".5"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedAmount):
        rub(text)


def test_more_digits_than_the_currency_has_are_refused_not_rounded() -> None:
    with pytest.raises(MalformedAmount):
        rub("0.001")
    assert rub("0.010") == Money(1, "RUB")


def test_floats_and_bools_are_no_minor_units() -> None:
    for value in (1.0, True, Decimal(1)):
        with pytest.raises(TypeError):
            Money(value, "RUB")  # type: ignore[arg-type]


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        rub("1") + Money.of("1", "USD")
    with pytest.raises(CurrencyMismatch):
        _ = rub("1") < Money.of("1", "USD")


def test_an_unknown_currency_is_refused_and_not_guessed() -> None:
    with pytest.raises(MalformedAmount):
        Money(1, "RUR")


@pytest.mark.parametrize(
    ("gross", "rate", "inside"),
    [
        ("5000.00", 22, "901.64"),
        ("5000.00", 20, "833.33"),
        ("5000.00", 7, "327.10"),
        ("5000.00", 5, "238.10"),
        ("2563977.21", 22, "462356.55"),
        ("0.01", 22, "0.00"),
    ],
)
def test_a_share_rounds_half_up(gross: str, rate: int, inside: str) -> None:
    assert rub(gross).share(rate, 100 + rate) == rub(inside)


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_plain_text_reads_back_as_the_same_sum(minor: int) -> None:
    amount = Money(minor, "RUB")

    assert Money.of(amount.plain(), "RUB") == amount
    assert Money.of(amount.decimal, "RUB") == amount


@given(st.integers(0, 10**12), st.integers(1, 744))
def test_differences_of_rounded_running_totals_sum_exactly(minor: int, parts: int) -> None:
    whole = Money(minor, "RUB")

    pieces = [whole.share(n, parts) - whole.share(n - 1, parts) for n in range(1, parts + 1)]

    assert sum(piece.minor for piece in pieces) == minor
