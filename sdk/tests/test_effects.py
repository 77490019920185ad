"""What a notice may say, and to whom: refused with words that tell the author what to change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from billhook import Notify
from billhook.addresses import addresses
from billhook.host.effects import MOST, of_page

OWN_LINK = "https://panel.example/plugin/news/link/stop/abc"
NOTICE = Notify(
    7,
    "news",
    "News",
    ["Something happened."],
    recipients=["a@b.example", "кто@пример.рф"],
    button=("Look", "https://panel.example/accounts/7"),
    unsubscribe=OWN_LINK,
)


def checked(*effects: Any) -> list[Any]:
    return list(of_page(effects, lambda account_id: account_id == 7, dict))


def test_a_notice_that_is_in_order_passes() -> None:
    assert checked(NOTICE) == [NOTICE]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"recipients": "a@b.example"}, r"split it by billhook\.addresses"),
        ({"recipients": ["a@b.example\r\nBcc: q@q.example"]}, "one of them is none"),
        ({"recipients": ["a"]}, "one of them is none"),
        ({"recipients": [5]}, "one of them is none"),
        ({"recipients": ["a@b.example"] * 51}, "at most 50"),
        ({"paragraphs": "text"}, "a list of at most 50 texts"),
        ({"paragraphs": ["p"] * 51}, "a list of at most 50 texts"),
        ({"paragraphs": ["p" * 5001]}, "more than 5000 characters"),
        ({"paragraphs": [5]}, "int is no text"),
        ({"subject": "s" * 201}, "more than 200 characters"),
        ({"key": ""}, "1 to 200 printable characters"),
        ({"key": "a\x00"}, "1 to 200 printable characters"),
        ({"button": ("b", "javascript:alert(1)")}, "no web address"),
        ({"button": ("b", "/accounts")}, "no web address"),
        ({"unsubscribe": "https://evil.example/"}, r"make it by reader\.link"),
        ({"unsubscribe": "mailto:a@b.example"}, "no web address"),
    ],
)
def test_a_notice_that_is_not_is_refused_and_says_what_to_change(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        checked(replace(NOTICE, **wrong))


def test_more_effects_than_one_transaction_should_hold_are_refused() -> None:
    with pytest.raises(TypeError, match=f"at most {MOST}"):
        checked(*[NOTICE] * (MOST + 1))


def test_the_addresses_of_a_setting_are_parted_however_people_write_them() -> None:
    assert addresses("a@b.example, c@d.example;e@f.example\na@b.example") == (
        "a@b.example",
        "c@d.example",
        "e@f.example",
    )
    assert addresses(None) == ()
