"""A plugin is turned off for a reseller while payments are under way, and on again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from host_stub.persistence import Notice, Outbox, Payment, PaymentAttempt, Reseller, UserKind
from host_stub.plugins import paying
from host_stub.services import ledger
from host_stub.services.corrections import correct
from tests.platform import faulty
from tests.platform.test_faults import Scene, availability, document, notify, query, start
from tests.support.databases import Databases
from tests.support.web import Visitor, a_user
from tests.support.world import MANAGER, rub


class Shop(Scene):
    """The scene with an operator who turns the plugin on and off in his room."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        with self.store.write() as session:
            root = Reseller(name="Оператор", created_at=self.store.now(), is_operator=True)
            session.add(root)
            session.flush()
            person = a_user(session, root, UserKind.MANAGER, "operator@example.com").id
        self.operator = Visitor(self.customer.app)
        self.person = person
        self.fresh()

    def switch(self, on: bool) -> None:
        self.operator.enter(self.person)
        fields = {"plugin": "faulty", "on": "yes" if on else "no"}
        answer = self.operator.post(f"/admin/resellers/{self.world.reseller_id}/plugins", fields)
        assert answer.status_code == 303

    def correct(self, token: str) -> None:
        """Move the balance, which the plugin hears about while it is on."""
        correct(
            self.store,
            self.world.scope,
            self.world.account_id,
            rub("1.00"),
            reason="test",
            once_token=token,
            by=MANAGER,
        )

    def row(self) -> Any:
        with self.store.read() as session:
            return session.get_one(Payment, self.payment_id)


@pytest.fixture
def shop(databases: Databases) -> Iterator[Shop]:
    url = databases.migrated()
    built = Shop(url)
    yield built
    with built.store.read() as session:
        assert ledger.prove(session) == []
    built.store.close()
    databases.discard(url)


def test_a_plugin_that_is_off_disappears_from_what_is_offered_and_starts_nothing(shop: Shop) -> None:
    shop.switch(False)

    assert availability(shop) == "left out"
    shop.choose()
    assert shop.count(PaymentAttempt) == 0
    assert "Faulty" not in shop.manager.get("/reseller/methods/new").text


def test_a_callback_for_a_payment_that_was_started_before_is_credited_while_the_plugin_is_off(shop: Shop) -> None:
    assert start(shop) == "led on"
    shop.switch(False)

    assert notify(shop) == "200"
    assert (shop.row().status, shop.world.balance()) == ("completed", rub("5000.00"))


def test_the_gateway_is_asked_about_an_attempt_that_was_begun_before_while_the_plugin_is_off(shop: Shop) -> None:
    shop.switch(False)

    assert query(shop) == "started"


def test_instructions_and_the_issued_bill_of_a_started_payment_stay_while_the_plugin_is_off(shop: Shop) -> None:
    assert document(shop) == "drawn"
    shop.switch(False)

    page = shop.customer.get(f"{shop.path}/methods/{shop.method_id}")
    assert (page.status_code, "How to pay" in page.text) == (200, True)
    assert shop.customer.get(f"{shop.path}/documents/1").data.startswith(b"%PDF")


def test_what_happens_while_a_plugin_is_off_is_not_told_later_and_what_happens_afterwards_is(shop: Shop) -> None:
    shop.correct("before")
    shop.switch(False)
    shop.correct("while off")
    shop.worker.run_once()
    shop.switch(True)
    shop.worker.run_once()
    assert (shop.count(Notice), shop.count(Outbox)) == (0, 0)

    shop.correct("afterwards")
    shop.worker.run_once()

    with shop.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 1


def test_a_plugin_that_is_on_again_is_offered_and_takes_up_what_was_started(shop: Shop) -> None:
    assert start(shop) == "led on"
    shop.switch(False)
    shop.switch(True)

    assert availability(shop) == "offered"
    assert start(shop) == "led on"
    assert shop.count(PaymentAttempt) == 1
    assert notify(shop) == "200"
    assert shop.world.balance() == rub("5000.00")


def test_a_plugin_that_fails_too_often_is_shown_to_the_operator_and_the_manager_and_offered_to_nobody(
    shop: Shop,
) -> None:
    faulty.FAULTS["availability"] = "raise"
    for _ in range(5):
        availability(shop)
    faulty.FAULTS.clear()
    shop.operator.enter(shop.person)

    assert availability(shop) == "left out"
    assert notify(shop) == "503"
    said = "Панель сейчас не обращается к модулю faulty."
    assert said in shop.operator.get("/admin/").text
    assert said in shop.operator.get("/admin/plugins").text
    assert (
        "Способ «Faulty method» плательщику не предлагается."
        in shop.manager.get(f"/reseller/payments/{shop.payment_id}").text
    )
    offers = paying.offers(shop.customer.app.extensions["billhook"].desk, shop.world.scope, shop.payment_id)
    assert [offer.method.name for offer in offers if offer.reason is None] == ["Healthy method"]

    shop.clock.advance(seconds=30)
    assert availability(shop) == "offered"
    assert notify(shop) == "200"
