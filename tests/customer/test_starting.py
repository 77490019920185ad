"""A subscription that waits although the money is there says what starts it, and the customer may."""

from __future__ import annotations

import re

import pytest

from host_stub.persistence import Period, Subscription
from host_stub.services.books import corrections
from tests.customer.seed import Room
from tests.support.sums import sums_in
from tests.support.web import Visitor
from tests.support.world import MANAGER, rub


def give(room: Room, amount: str) -> None:
    corrections.correct(room.store, room.scope, room.account_id, rub(amount), reason="x", once_token=amount, by=MANAGER)


def status(room: Room, made: int) -> str:
    with room.store.read() as session:
        return session.get_one(Subscription, made).status


def test_what_the_balance_covers_says_what_starts_it_and_starts_by_the_button(any_room: Room) -> None:
    room = any_room
    give(room, "13747.00")
    made = room.service("VPS", "590.00", Period.MONTH)
    owner = Visitor(room.app, room.users["owner"])
    page = owner.get(room.path("/subscriptions")).text

    question = owner.post(room.path(f"/subscriptions/{made}/start"), {"_question_wanted": "yes"}).text
    waiting = status(room, made)
    owner.post(room.path(f"/subscriptions/{made}/start"))

    assert "средств хватает: 590,00\u00a0руб. Включится по кнопке или со следующим пополнением" in page
    assert f'action="{room.path(f"/subscriptions/{made}/start")}"' in page
    asked = re.search(r"data-question>(.*?)</section>", question, re.S)
    assert asked is not None
    assert "Включить «VPS»?" in asked[1]
    assert sums_in(asked[1]) == [590_00, 13747_00, 13157_00]
    assert (waiting, status(room, made)) == ("pending", "active")


def test_what_the_balance_does_not_cover_says_what_is_missing_and_has_no_button(owner: Visitor, room: Room) -> None:
    give(room, "100.00")
    made = room.service("VPS", "590.00", Period.MONTH)

    page = owner.get(room.path("/subscriptions")).text
    answer = owner.post(room.path(f"/subscriptions/{made}/start"), follow_redirects=True)

    assert f"/subscriptions/{made}/start" not in page
    due, balance, missing = sums_in(page[page.index("хватит на первое списание") :])[1:4]
    assert due - balance == missing == 490_00
    assert "490,00\u00a0руб." in answer.text
    assert status(room, made) == "pending"


@pytest.mark.parametrize(("level", "code"), [("user", 403), ("finance_manager", 303)])
def test_only_those_who_may_pay_start_it(room: Room, level: str, code: int) -> None:
    give(room, "1000.00")
    made = room.service("VPS", "590.00", Period.MONTH)
    reader = Visitor(room.app, room.users[level])

    page = reader.get(room.path("/subscriptions")).text
    answer = reader.post(room.path(f"/subscriptions/{made}/start"))

    assert answer.status_code == code
    assert (f"/subscriptions/{made}/start" in page) == (code == 303)


def test_a_charge_that_does_not_fit_is_told_with_the_moment_at_which_it_stops(owner: Visitor, room: Room) -> None:
    room.service("VPS", "350.00")
    room.approve(room.payment("500"), "500.00")

    page = owner.get(room.path("/subscriptions")).text

    assert "14.11.2020, 00:00 — 350,00\u00a0руб. На балансе столько нет" in page
