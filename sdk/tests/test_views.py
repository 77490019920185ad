"""What a method's settings read as."""

from __future__ import annotations

import pytest
from billhook import Money, Setting, SettingKind
from billhook_kit import FakeHost, make_method

DECLARED = (
    Setting("days", SettingKind.NUMBER, "Days", default=5),
    Setting("most", SettingKind.MONEY, "Most"),
    Setting("shop", SettingKind.TEXT, "Shop"),
)


def test_numbers_and_sums_are_read_by_their_kind() -> None:
    method = make_method("desk", DECLARED, {"most": Money.of("10.00", "RUB")})

    assert (method.number("days"), method.money("most")) == (5, Money(1000, "RUB"))


def test_what_nobody_set_or_somebody_emptied_is_none() -> None:
    method = make_method("desk", DECLARED, {"days": None})

    assert (method.number("days"), method.money("most")) == (None, None)


def test_another_kind_is_refused_and_so_is_an_undeclared_one() -> None:
    method = make_method("desk", DECLARED, {"shop": "5"})

    with pytest.raises(TypeError, match="'shop' of desk is no NUMBER"):
        method.number("shop")
    with pytest.raises(TypeError, match="'days' of desk is no MONEY"):
        method.money("days")
    with pytest.raises(KeyError):
        method.number("day")


def test_a_seller_is_handed_to_providers_that_name_a_scheme_and_to_nobody_else() -> None:
    bank, shop = FakeHost("check_cash"), FakeHost("paymaster")
    seller = bank.method({}).seller

    assert seller is not None
    assert seller.is_complete
    assert (seller.text("inn"), seller.text("bic"), seller.text("nothing")) == ("7707083893", "044525225", "")
    assert shop.method({}).seller is None
