"""A gateway that signs nothing: a code to scan, hints that prove nothing, and questions that tell the truth."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from host_stub.adapters.clock import FixedClock
from host_stub.services.money_in.questions import MOST_A_MINUTE
from tests.models import polled
from tests.models.api import PolledApi, served
from tests.models.shop import Shop
from tests.support.proving import doubts
from tests.support.world import rub


@pytest.fixture
def api():
    return PolledApi()


@pytest.fixture
def shop(database_url: str, clock: FixedClock, api: PolledApi):
    with served(api) as address:
        opened = Shop(
            database_url, clock, polled, {"address": address, "shop": "shop-1"}, {"key": "key-for-tests-only"}
        )
        yield opened
        with opened.store.read() as session:
            assert doubts(session) == []
        opened.store.close()


def hint(shop: Shop, external_id: str) -> TestResponse:
    body = json.dumps({"object": {"id": external_id, "status": "succeeded", "amount": "1000000.00"}}).encode()
    return shop.tell("hook", data=body, content_type="application/json")


@pytest.fixture
def payment_id(shop: Shop) -> int:
    made = shop.world.a_payment()
    assert shop.press(made).status_code == 303
    return made


def test_the_payer_gets_a_code_with_its_end_and_the_page_asks_by_itself(shop: Shop, payment_id: int) -> None:
    page = shop.customer.get(f"{shop.page(payment_id)}/methods/{shop.method_id}").text

    assert "<svg" in page
    assert f"https://qr.example/{shop.reference(payment_id)}" in page
    assert "Действует до" in page
    assert 'data-state="waiting_for_payment"' in page
    assert shop.tries(payment_id)[0].external_reference == f"gw-{shop.reference(payment_id)}"


def test_a_hint_is_answered_at_once_and_what_the_gateway_then_says_counts(
    shop: Shop, api: PolledApi, payment_id: int
) -> None:
    api.pay(shop.reference(payment_id), "5000.00")

    answer = hint(shop, f"gw-{shop.reference(payment_id)}")

    assert (answer.status_code, answer.data, api.asked) == (200, b"", [])
    assert shop.ask() == 1
    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")


def test_a_payment_that_no_message_told_of_is_found_by_asking(shop: Shop, api: PolledApi, payment_id: int) -> None:
    api.pay(shop.reference(payment_id), "5000.00")
    shop.clock.advance(minutes=3)

    assert shop.ask() == 1
    assert shop.balance() == rub("5000.00")


def test_two_thousand_forged_hints_cost_no_more_than_the_stated_rate_and_the_true_one_is_heard(
    shop: Shop, api: PolledApi
) -> None:
    real = []
    for _each in range(40):
        made = shop.world.a_payment()
        shop.press(made)
        shop.clock.advance(minutes=1)
        real.append(made)
    for made in real[:20]:  # paid, and over
        api.pay(shop.reference(made), "5000.00", f"act-{made}")
        hint(shop, f"gw-{shop.reference(made)}")
    shop.ask()
    shop.clock.advance(seconds=61)
    true = real[-1]
    api.asked.clear()

    for number in range(2000):
        name = f"gw-{shop_reference(shop, real, number)}" if number % 2 else f"gw-{number}-nobody"
        assert hint(shop, name).status_code == 200
    api.pay(shop.reference(true), "5000.00", "true")
    assert hint(shop, f"gw-{shop.reference(true)}").status_code == 200

    shop.ask()
    shop.ask()
    known = {f"gw-{shop.reference(made)}" for made in real}
    assert len(api.asked) <= MOST_A_MINUTE
    assert set(api.asked) <= known
    # Those that wait for money come before those that are over, and nobody is asked about twice.
    assert set(api.asked) >= {f"gw-{shop.reference(made)}" for made in real[20:]}
    assert len(set(api.asked)) == len(api.asked)
    assert shop.status(true) == "completed"
    assert shop.balance() == rub("105000.00")


def shop_reference(shop: Shop, real: list[int], number: int) -> str:
    references = shop.__dict__.setdefault("references", [shop.reference(made) for made in real])
    return str(references[number // 2 % len(references)])


def test_old_tries_are_not_asked_about(shop: Shop, api: PolledApi, payment_id: int) -> None:
    shop.clock.advance(days=401)
    shop.ask()
    api.asked.clear()

    assert hint(shop, f"gw-{shop.reference(payment_id)}").status_code == 200
    assert (shop.ask(), api.asked) == (0, [])


def test_under_way_declined_and_paid_again(shop: Shop, api: PolledApi, payment_id: int) -> None:
    order = shop.reference(payment_id)
    api.pay(order, "5000.00", state="waiting")
    hint(shop, f"gw-{order}")
    shop.ask()
    assert "обрабатывает ваш платеж" in shop.seen(payment_id)
    api.pay(order, "5000.00", state="declined")
    hint(shop, f"gw-{order}")
    shop.ask()
    assert "The bank said no." in shop.seen(payment_id)
    assert "обрабатывает ваш платеж" not in shop.seen(payment_id)
    api.pay(order, "5000.00", "act-2")
    hint(shop, f"gw-{order}")
    shop.ask()

    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")


def test_two_languages_under_one_try_are_one_registration(shop: Shop, api: PolledApi, payment_id: int) -> None:
    assert shop.press(payment_id, "en").status_code == 303
    page = shop.customer.get(f"{shop.page(payment_id)}/methods/{shop.method_id}")

    assert page.status_code == 200
    assert len(api.orders) == 1


def test_a_gateway_that_is_down_uses_up_nothing_and_is_asked_again(shop: Shop, api: PolledApi, payment_id: int) -> None:
    api.pay(shop.reference(payment_id), "5000.00")
    api.down = True
    for _each in range(20):
        shop.clock.advance(hours=6)
        shop.ask()
    api.down = False
    shop.clock.advance(minutes=3)
    shop.ask()

    assert shop.balance() == rub("5000.00")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"object": 5}', b"\xff\xfe", b'{"object": {"id": {"a": 1}}}'])
def test_rubbish_is_no_hint(shop: Shop, api: PolledApi, payment_id: int, body: bytes) -> None:
    answer = shop.tell("hook", data=body, content_type="application/json")

    assert answer.status_code in (200, 400)
    assert (shop.ask(), api.asked) == (0, [])
    assert shop.tries(payment_id)[0].query_at == shop.clock.now() + timedelta(minutes=2)
