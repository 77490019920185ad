"""One address for all kinds of events: under way, declined, over, paid, and what is no news."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Reseller, UserKind
from host_stub.services.money_in import payments
from tests.models import many
from tests.models.shop import Shop
from tests.support.proving import doubts
from tests.support.web import Visitor, a_user
from tests.support.world import rub

SECRET = "a-secret-for-tests-only"


@pytest.fixture
def shop(database_url: str, clock: FixedClock):
    opened = Shop(database_url, clock, many, {"account": "acc-1"}, {"secret": SECRET})
    yield opened
    with opened.store.read() as session:
        assert doubts(session) == []
    opened.store.close()


def tell(shop: Shop, *events: Mapping[str, object]) -> TestResponse:
    body = json.dumps({"events": events}).encode()
    headers = {"X-Signature": many.signed(SECRET, body)}
    return shop.tell("events", data=body, headers=headers, content_type="application/json")


def event(kind: str, order: str, act: str = "act-1", **more: object) -> dict[str, object]:
    paid = {"account": "acc-1", "amount": "5000.00", "currency": "RUB", "test": False}
    return {"kind": kind, "order": order, "act": act, **(paid if kind == "paid" else {}), **more}


@pytest.fixture
def payment_id(shop: Shop) -> int:
    made = shop.world.a_payment()
    assert shop.press(made).location.startswith("https://many.example/checkout/")
    return made


def test_a_payment_under_way_is_shown_not_paid_twice_unasked_and_does_not_expire(shop: Shop, payment_id: int) -> None:
    order = shop.reference(payment_id)
    until = shop.clock.now() + timedelta(days=400)

    heard = tell(shop, event("processing", order, why="Банк проверяет", until=until.isoformat()))

    assert heard.json == ["noted"]
    assert "обрабатывает ваш платеж" in shop.seen(payment_id)
    assert "Банк проверяет" in shop.seen(payment_id)
    asked = shop.press(payment_id)
    assert (asked.status_code, "Заплатить еще раз?" in asked.text) == (200, True)
    assert shop.press(payment_id, anyway="yes").status_code == 303
    assert len(shop.tries(payment_id)) == 1
    shop.clock.advance(days=100)
    assert (payments.expire_due(shop.store), shop.status(payment_id)) == (0, "waiting_for_payment")
    shop.clock.advance(days=301)
    assert (payments.expire_due(shop.store), shop.status(payment_id)) == (1, "expired")


def test_what_was_under_way_and_is_paid_is_paid(shop: Shop, payment_id: int) -> None:
    order = shop.reference(payment_id)
    tell(shop, event("processing", order))

    assert tell(shop, event("paid", order)).json == ["accepted"]
    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")
    assert "обрабатывает ваш платеж" not in shop.seen(payment_id)


def test_a_declined_card_leaves_the_try_and_its_reason_is_read(shop: Shop, payment_id: int) -> None:
    order = shop.reference(payment_id)

    heard = tell(shop, event("declined", order, why="Недостаточно средств"))

    assert heard.json == ["noted"]
    assert "Недостаточно средств" in shop.seen(payment_id)
    assert shop.press(payment_id).location.endswith(order)
    assert tell(shop, event("paid", order, "act-2")).json == ["accepted"]
    assert shop.balance() == rub("5000.00")


def test_a_try_that_is_over_is_followed_by_a_new_one_and_money_on_either_counts(shop: Shop, payment_id: int) -> None:
    first = shop.reference(payment_id)
    tell(shop, event("over", first, why="Заказ отменен"))

    second = shop.press(payment_id).location.rpartition("/")[2]

    assert first != second
    assert [row.state for row in shop.tries(payment_id)] == ["failed", "started"]
    assert tell(shop, event("paid", first, "late")).json == ["accepted"]
    assert tell(shop, event("paid", second, "act-2")).json == ["accepted"]
    assert shop.balance() == rub("10000.00")
    assert [arrival.waits for arrival in shop.waiting()] == ["paid_twice"]


def test_events_of_one_message_are_judged_each_for_itself(shop: Shop, payment_id: int) -> None:
    other = shop.world.a_payment()
    shop.press(other)
    one, two = shop.reference(payment_id), shop.reference(other)

    heard = tell(
        shop,
        event("refunded", one),
        event("paid", one),
        event("paid", "nobody", "act-7"),
        event("declined", two),
        event("paid", two, "act-2", amount="1.00"),
    )

    assert heard.json == ["noted", "accepted", "parked", "noted", "parked"]
    assert shop.balance() == rub("5000.00")
    assert sorted(arrival.waits for arrival in shop.waiting()) == ["other_amount", "unknown_payment"]


def test_a_manager_sees_each_try_with_what_came_of_it(shop: Shop, payment_id: int) -> None:
    first = shop.reference(payment_id)
    tell(shop, event("over", first, why="Заказ отменен"))
    shop.press(payment_id)
    with shop.store.write() as session:
        manager = a_user(session, session.get_one(Reseller, shop.world.reseller_id), UserKind.MANAGER, "m@example.com")
        manager_id = manager.id

    page = Visitor(shop.app, manager_id).get(f"/reseller/payments/{payment_id}").text

    assert all(text in page for text in (first, shop.reference(payment_id), "Заказ отменен", "не прошла", "начата"))


def test_an_older_word_about_what_is_paid_changes_nothing(shop: Shop, payment_id: int) -> None:
    order = shop.reference(payment_id)
    tell(shop, event("paid", order))

    assert tell(shop, event("processing", order), event("declined", order)).json == ["noted", "noted"]
    assert "обрабатывается" not in shop.seen(payment_id)
    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")
