"""Fields of queries and forms, as views read them."""

from __future__ import annotations

import pytest
from billhook import Fields
from billhook.errors import MalformedField
from billhook.pages import LARGEST_NUMBER


def fields(*values: str) -> Fields:
    return Fields(tuple(("n", value) for value in values))


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("007", 7), (str(LARGEST_NUMBER), 2**31 - 1)])
def test_a_whole_number_is_read(text: str, number: int) -> None:
    assert fields(text).number("n") == number


def test_a_field_that_is_missing_holds_no_number() -> None:
    assert fields().number("n") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "2147483648",
        "9" * 20,
        "9" * 5000,
        "1.0",
        "1e3",
        "1_0",
        " 1",
        "1\n",
        "\uff11",
        "\u0661",
        "a",
        "\x00",
    ],
)
def test_what_no_row_can_be_numbered_by_is_refused(text: str) -> None:
    with pytest.raises(MalformedField, match="no whole number from 1 to 2147483647"):
        fields(text).number("n")


def test_a_number_that_is_given_twice_is_refused() -> None:
    with pytest.raises(MalformedField, match="more than once"):
        fields("1", "1").number("n")


def test_the_bounds_are_the_plugin_s_to_choose() -> None:
    assert fields("-5").number("n", least=-5, most=5) == -5
    assert fields(str(2**63 - 1)).number("n", most=2**63 - 1) == 2**63 - 1
    with pytest.raises(MalformedField, match="from -5 to 5"):
        fields("6").number("n", least=-5, most=5)
