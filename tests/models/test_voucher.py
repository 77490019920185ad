"""Vouchers: the payer types a code, and whatever it is worth is on the balance at once."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from host_stub.adapters.clock import FixedClock
from tests.models import voucher
from tests.models.api import VoucherApi, served
from tests.models.shop import Shop
from tests.support.proving import doubts
from tests.support.world import rub


@pytest.fixture
def api():
    return VoucherApi({"GOOD-5000": ("5000.00", "RUB"), "PART-300": ("300.00", "RUB"), "BIG-9000": ("9000.00", "RUB"),
                       "REST-4700": ("4700.00", "RUB"), "EURO": ("10.00", "EUR")})  # fmt: skip


@pytest.fixture
def shop(database_url: str, clock: FixedClock, api: VoucherApi):
    with served(api) as address:
        opened = Shop(database_url, clock, voucher, {"address": address}, {"key": "key-for-tests-only"})
        yield opened
        with opened.store.read() as session:
            assert doubts(session) == []
        opened.store.close()


def redeem(shop: Shop, payment_id: int, code: str) -> TestResponse:
    return shop.press(payment_id, answered="yes", setting_code=code)


def test_the_code_is_asked_for_before_anything_begins(shop: Shop, api: VoucherApi) -> None:
    payment_id = shop.world.a_payment()

    asked = shop.press(payment_id)

    assert (asked.status_code, 'name="setting_code"' in asked.text) == (200, True)
    assert 'type="password"' in asked.text
    assert (shop.tries(payment_id), api.guesses) == ([], 0)


def test_a_good_code_pays_at_once(shop: Shop) -> None:
    payment_id = shop.world.a_payment()

    assert redeem(shop, payment_id, "GOOD-5000").status_code == 303
    assert "Оплачено" in shop.seen(payment_id)
    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")


def test_a_smaller_one_pays_a_part_and_the_rest_may_follow(shop: Shop) -> None:
    payment_id = shop.world.a_payment()
    redeem(shop, payment_id, "PART-300")

    page = shop.seen(payment_id)
    assert (shop.balance(), shop.status(payment_id)) == (rub("300.00"), "partly_paid")
    assert "Получено 300,00" in page.replace("\u00a0", " ")
    assert "Отменить платеж" not in page

    redeem(shop, payment_id, "REST-4700")
    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")
    assert [row.amount_minor for row in shop.tries(payment_id)] == [500000, 470000]
    assert shop.waiting() == []


def test_what_is_above_the_bill_stays_on_the_balance(shop: Shop) -> None:
    payment_id = shop.world.a_payment()
    redeem(shop, payment_id, "BIG-9000")

    assert (shop.balance(), shop.status(payment_id)) == (rub("9000.00"), "completed")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NOBODY-KNOWS", "We do not know this code."),
        ("EURO", "This code is in another currency."),
    ],
)
def test_a_code_that_is_no_good_is_refused_in_words_and_nothing_is_half_done(
    shop: Shop, api: VoucherApi, code: str, words: str
) -> None:
    payment_id = shop.world.a_payment()

    assert redeem(shop, payment_id, code).status_code == 303
    assert words in shop.seen(payment_id)
    assert (shop.balance(), shop.status(payment_id)) == (rub("0"), "waiting_for_payment")
    assert [row.state for row in shop.tries(payment_id)] == ["failed"]
    assert api.used == set()
    redeem(shop, payment_id, "GOOD-5000")
    assert shop.status(payment_id) == "completed"


def test_a_used_code_is_refused_in_words(shop: Shop) -> None:
    first, second = shop.world.a_payment(), shop.world.a_payment()
    redeem(shop, first, "GOOD-5000")
    redeem(shop, second, "GOOD-5000")

    assert "This code was used before." in shop.seen(second)
    assert shop.balance() == rub("5000.00")


def test_pressed_twice_a_code_is_redeemed_once(shop: Shop) -> None:
    payment_id = shop.world.a_payment()
    for _time in range(2):
        redeem(shop, payment_id, "GOOD-5000")

    assert shop.balance() == rub("5000.00")


def test_twenty_guesses_in_a_minute_are_too_many(shop: Shop, api: VoucherApi) -> None:
    payment_id = shop.world.a_payment()

    answers = [redeem(shop, payment_id, f"GUESS-{number}").status_code for number in range(20)]

    assert answers == [303] * 10 + [429] * 10
    assert api.guesses == 10
    assert "Слишком много попыток" in redeem(shop, payment_id, "GOOD-5000").text
    assert shop.balance() == rub("0")


def test_an_empty_or_short_code_is_a_word_at_its_field(shop: Shop, api: VoucherApi) -> None:
    payment_id = shop.world.a_payment()

    assert all("Заполните" in redeem(shop, payment_id, code).text or "Не меньше" in redeem(shop, payment_id, code).text
               or "Не короче" in redeem(shop, payment_id, code).text for code in ("", "abc"))  # fmt: skip
    assert api.guesses == 0


def test_a_code_whose_answer_was_cut_is_found_by_asking_and_never_stands_in_clear(
    shop: Shop, api: VoucherApi, capsys: pytest.CaptureFixture[str]
) -> None:
    payment_id = shop.world.a_payment()
    api.cut = True
    redeem(shop, payment_id, "GOOD-5000")
    assert (shop.balance(), shop.tries(payment_id)[0].state) == (rub("0"), "unknown")
    kept = shop.tries(payment_id)[0]
    assert "GOOD-5000" not in json_of(kept)

    shop.clock.advance(minutes=3)
    shop.ask()

    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")
    assert "GOOD-5000" not in "".join(capsys.readouterr())


def json_of(row: object) -> str:
    return repr(vars(row))
