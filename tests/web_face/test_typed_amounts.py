"""What a page shows as a sum can be typed into one of its fields."""

from __future__ import annotations

import pytest
from billhook import Money, formats
from billhook.i18n import LANGUAGES, use_language
from hypothesis import given
from hypothesis import strategies as st

from host_stub.domain.amounts import LARGEST_MINOR, AmountProblem, UnreadableAmount, read_amount


@pytest.mark.parametrize("language", LANGUAGES)
@given(minor=st.integers(1, LARGEST_MINOR))
def test_a_sum_that_a_page_shows_is_read_as_it_was(language: str, minor: int) -> None:
    with use_language(language):
        shown = formats.figures(Money(minor, "RUB"))

    assert read_amount(shown, "RUB") == Money(minor, "RUB")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("5,000", AmountProblem.AMBIGUOUS),
        ("1,00.00", AmountProblem.NOT_A_SUM),
        ("1,0000.00", AmountProblem.NOT_A_SUM),
        ("1,000,00", AmountProblem.NOT_A_SUM),
        ("1 000,000.00", AmountProblem.NOT_A_SUM),
        ("1,000.001", AmountProblem.TOO_PRECISE),
    ],
)
def test_commas_that_may_mean_two_things_are_asked_about(text: str, problem: AmountProblem) -> None:
    with pytest.raises(UnreadableAmount) as refused:
        read_amount(text, "RUB")

    assert refused.value.problem is problem
