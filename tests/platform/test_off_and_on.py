"""A plugin is turned off for a reseller while payments are under way, and on again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from billhook import Level, Setting, SettingKind
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from host_stub.domain.errors import MethodUnavailable
from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import (
    Document,
    GatewayOperation,
    Mail,
    Notice,
    Outbox,
    Payment,
    PaymentMethod,
    Reseller,
    UserKind,
)
from host_stub.plugins import paying
from host_stub.plugins.desk import document_url, return_token
from host_stub.services.books.corrections import correct
from host_stub.services.charges import watch_levels
from host_stub.services.money_in import methods, tries
from host_stub.services.settings import plugin_settings
from host_stub.services.tenants import closing
from tests.platform import faulty
from tests.platform.test_faults import Scene, availability, begun, document, notify, query, start
from tests.support.databases import Databases
from tests.support.proving import doubts
from tests.support.web import Visitor, a_user
from tests.support.world import CUSTOMER, MANAGER, World, a_method, rub


class Shop(Scene):
    """The scene with an operator who turns the plugin on and off in his room."""

    def __init__(self, url: str) -> None:
        super().__init__(url, deadline=20.0)  # nothing hangs here, and a busy machine is slow
        with self.store.write() as session:
            root = Reseller(name="Оператор", created_at=self.store.now(), is_operator=True)
            session.add(root)
            session.flush()
            person = a_user(session, root, UserKind.MANAGER, "operator@example.com").id
        self.operator = Visitor(self.customer.app)
        self.person, self.moves = person, 0
        self.fresh()

    def switch(self, on: bool, plugin: str = "faulty") -> None:
        self.operator.enter(self.person)
        fields = {"plugin": plugin, "on": "yes" if on else "no"}
        answer = self.operator.post(f"/admin/resellers/{self.world.reseller_id}/plugins", fields)
        assert answer.status_code == 303

    def correct(self, token: str, amount: str = "1.00") -> None:
        """Move the balance, which the plugin hears about while it is on."""
        correct(
            self.store,
            self.world.scope,
            self.world.account_id,
            rub(amount),
            reason="test",
            once_token=token,
            by=MANAGER,
        )

    def move(self, amount: str) -> None:
        self.moves += 1
        self.correct(f"move {self.moves}", amount)

    def row(self) -> Any:
        with self.store.read() as session:
            return session.get_one(Payment, self.payment_id)


@pytest.fixture
def shop(databases: Databases) -> Iterator[Shop]:
    url = databases.migrated()
    built = Shop(url)
    yield built
    with built.store.read() as session:
        assert doubts(session) == []
    built.store.close()
    databases.discard(url)


def test_a_plugin_that_is_off_disappears_from_what_is_offered_and_starts_nothing(shop: Shop) -> None:
    shop.switch(False)

    assert availability(shop) == "left out"
    shop.choose()
    assert shop.count(GatewayOperation) == 0
    assert "Faulty" not in shop.manager.get("/reseller/methods/new").text


def test_a_callback_for_a_payment_that_was_started_before_is_credited_while_the_plugin_is_off(shop: Shop) -> None:
    assert start(shop) == "led on"
    shop.switch(False)

    assert notify(shop) == "200"
    assert (shop.row().status, shop.world.balance()) == ("completed", rub("5000.00"))


def test_the_gateway_is_asked_about_an_attempt_that_was_begun_before_while_the_plugin_is_off(shop: Shop) -> None:
    begun(shop, queried=True)
    shop.switch(False)

    assert query(shop) == "started"


def test_who_had_the_page_open_when_the_plugin_was_turned_off_starts_nothing_and_issues_nothing(shop: Shop) -> None:
    assert start(shop) == "led on"  # without a bill so far
    shop.switch(False)
    other = shop.world.a_payment()

    with pytest.raises(MethodUnavailable):
        tries.begin(shop.store, shop.world.scope, other, shop.method_id, tries.Draft(), by=CUSTOMER)
    refused = shop.customer.post(f"{shop.path}/documents", {"method_id": shop.method_id, "kind": "receipt"})

    assert refused.status_code < 500
    assert (shop.count(GatewayOperation), shop.count(Document)) == (1, 1)


@pytest.mark.parametrize("on", [False, True])
def test_the_payer_s_way_back_goes_on_and_names_his_payment_only_with_our_token(shop: Shop, on: bool) -> None:
    shop.switch(on, "healthy")
    desk = shop.customer.app.extensions["billhook"].desk
    address = f"/plugin/healthy/method/{shop.healthy_id}/back"

    neutral = shop.client.get(address)
    named = shop.client.get(address, query_string={"t": return_token(desk.keys, shop.row())})

    assert (neutral.status_code, named.status_code) == (200, 200)
    assert shop.row().number not in neutral.text
    assert shop.row().number in named.text


def test_the_public_link_of_an_issued_bill_opens_while_the_plugin_is_off(shop: Shop) -> None:
    assert document(shop) == "drawn"
    desk = shop.customer.app.extensions["billhook"].desk
    with shop.store.read() as session:
        method = session.get_one(PaymentMethod, shop.method_id)
        link = document_url(desk, session.get_one(Payment, shop.payment_id), method, "receipt")
    shop.switch(False)

    answer = shop.client.get(link)

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")


def test_the_pages_of_a_plugin_are_gone_while_it_is_off_and_back_afterwards(shop: Shop) -> None:
    address = f"/plugin/faulty/accounts/{shop.world.account_id}/look"

    answers = []
    for on in (False, True):
        shop.switch(on)
        answers.append(shop.customer.post(address).status_code)

    assert answers == [404, 200]


def test_a_plugin_that_is_off_for_one_reseller_stays_on_for_another(shop: Shop) -> None:
    other = World(shop.store)
    with shop.store.write() as session:
        method_id = a_method(session, session.get_one(Reseller, other.reseller_id), "faulty").id
    payment_id = other.a_payment()
    shop.switch(False)
    desk = shop.customer.app.extensions["billhook"].desk

    assert availability(shop) == "left out"
    assert method_id in [offer.method.id for offer in paying.offers(desk, other.scope, payment_id)]


def test_a_method_with_payments_is_deactivated_and_goes_on_and_the_database_never_deletes_it(shop: Shop) -> None:
    assert start(shop) == "led on"
    methods.set_active(shop.store, shop.world.scope, shop.method_id, active=False, by=MANAGER)
    shop.switch(False)
    desk = shop.customer.app.extensions["billhook"].desk

    assert shop.method_id not in {o.method.id for o in paying.offers(desk, shop.world.scope, shop.payment_id)}
    with pytest.raises(IntegrityError), shop.store.write() as session:
        session.execute(delete(PaymentMethod).where(PaymentMethod.id == shop.method_id))
    assert notify(shop) == "200"
    assert shop.world.balance() == rub("5000.00")
    assert shop.manager.get(f"/reseller/methods/{shop.method_id}").status_code == 200


def test_a_level_that_was_crossed_while_the_plugin_was_off_is_told_neither_then_nor_later_but_the_next_time(
    shop: Shop,
) -> None:
    shop.store.listening = Listening(
        {"billhook_balance_threshold_crossed": ("faulty",)}, (WatchSpec("faulty", "low", "balance", "level", None),)
    )
    level = Setting("level", SettingKind.MONEY, "Level", level=Level.ACCOUNT)
    owner = plugin_settings.Owner("faulty", shop.world.reseller_id)
    plugin_settings.save(shop.store, shop.world.scope, owner, (level,), {"level": rub("50.00")}, by=MANAGER)
    watch_levels.take_over(shop.store)
    shop.move("100.00")
    shop.switch(False)
    shop.move("-60.00")
    shop.switch(True)
    shop.move("-1.00")
    shop.worker.run_once()
    then = (shop.count(Outbox), shop.count(Notice))

    shop.move("50.00")
    shop.move("-50.00")
    shop.worker.run_once()

    assert (then, shop.count(Notice)) == ((0, 0), 1)


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
    assert shop.count(GatewayOperation) == 1
    assert notify(shop) == "200"
    assert shop.world.balance() == rub("5000.00")


def test_what_a_plugin_would_tell_the_customers_of_a_closed_reseller_is_heard_and_dropped(shop: Shop) -> None:
    shop.move("100.00")
    closing.close(shop.store, shop.world.reseller_id, reason="r", by=MANAGER)
    shop.move("1.00")

    shop.worker.run_once()
    told = (shop.count(Outbox), shop.count(Notice), shop.count(Mail))
    closing.reopen(shop.store, shop.world.reseller_id, reason="r", by=MANAGER)
    shop.move("1.00")
    shop.worker.run_once()

    assert told == (0, 0, 0)
    assert (shop.count(Notice), shop.count(Mail)) == (1, 1)


def colleagues(shop: Shop, number: int) -> list[Visitor]:
    """Return further managers of the reseller."""
    with shop.store.write() as session:
        reseller = session.get_one(Reseller, shop.world.reseller_id)
        users = [a_user(session, reseller, UserKind.MANAGER, f"{n}@staff.example").id for n in range(number)]
    return [Visitor(shop.customer.app, user_id) for user_id in users]


def test_a_plugin_that_fails_too_often_for_three_people_is_shown_to_the_staff_and_offered_to_nobody(shop: Shop) -> None:
    """Failures of one person pause it for them alone."""
    faulty.FAULTS["availability"] = "raise"
    for person in (shop.manager, *colleagues(shop, 2)):
        for _ in range(2):
            person.get(f"/reseller/payments/{shop.payment_id}")
    faulty.FAULTS.clear()
    shop.operator.enter(shop.person)

    assert availability(shop) == "left out"
    said = "Панель сейчас не обращается к модулю faulty для: "
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
