"""A redirect plugin and its gateway, both real programs, meet on a running panel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import requests
from billhook import ProviderError
from billhook_kit import find_gateway, find_plugin, installed_host, open_fake
from billhook_kit.bench import Subject
from billhook_kit.kit import Kit, Outcome
from billhook_kit.simulator import Delivery, Simulator
from playwright.sync_api import Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, ArrivalMessage, GatewayOperation, Payment, Reseller
from host_stub.plugins import paying, status_queries
from host_stub.plugins.registry import Registry
from host_stub.services.people import passwords
from tests.support.ports import kept_port
from tests.support.proving import doubts
from tests.support.web import PASSWORD, Visitor, a_customer, an_app, store_of
from tests.support.world import CUSTOMER, World, a_method, rub

PLUGIN = Path(__file__).with_name("redirect_plugin")
SECRET = "a-secret-for-tests-only"


class Shop:
    """A panel that listens on this machine, with the plugin and a method that leads to the simulator."""

    def __init__(self, url: str, clock: FixedClock, gateway: Simulator) -> None:
        self.gateway, self.clock = gateway, clock
        port = kept_port()
        registry = Registry.of({"sim_pay": find_plugin(str(PLUGIN)).module})
        self.app = an_app(url, clock, registry=registry, base_url=f"http://127.0.0.1:{port}")
        self.panel, self.store = self.app.extensions["billhook"], store_of(self.app)
        self.server = make_server("127.0.0.1", port, self.app, threaded=True)
        self.world = World(self.store)
        with self.store.write() as session:
            self.method_id = a_method(
                session,
                session.get_one(Reseller, self.world.reseller_id),
                "sim_pay",
                settings={"address": gateway.url, "shop": "shop-1"},
                secrets={"secret": [{"value": self.panel.keys.encrypt(SECRET), "replaced_at": None}]},
            ).id
            account = session.get_one(Account, self.world.account_id)
            customer = a_customer(session, account, "customer@example.com")
            customer.password_hash = passwords.hashed(PASSWORD)
            self.customer = customer.id

    def payment(self) -> tuple[int, str]:
        """Make a payment of 5000 rubles; return its id and number."""
        payment_id = self.world.a_payment()
        with self.store.read() as session:
            return payment_id, session.get_one(Payment, payment_id).number

    def order(self) -> str:
        """Return what the gateway was told as the number of the newest order."""
        return self.attempts()[-1].reference

    def start(self, payment_id: int) -> paying.Started:
        return paying.start(self.panel.desk, self.world.scope, payment_id, self.method_id, language="ru", by=CUSTOMER)

    def cut_off(self) -> str:
        """Start a payment whose answer is cut off; return the order's number."""
        payment_id, _number = self.payment()
        self.gateway.faults.cut_starts = 1
        with pytest.raises(ProviderError):
            self.start(payment_id)
        return self.order()

    def ask(self) -> int:
        return status_queries.ask_due(self.store, self.panel.registry, self.panel.keys)

    def attempts(self) -> list[GatewayOperation]:
        with self.store.read() as session:
            return list(session.scalars(select(GatewayOperation).order_by(GatewayOperation.id)))

    def messages(self) -> list[ArrivalMessage]:
        with self.store.read() as session:
            return list(session.scalars(select(ArrivalMessage)))


@pytest.fixture
def shop(database_url: str, clock: FixedClock) -> Iterator[Shop]:
    with Simulator(secret=SECRET, pauses=(0.05,) * 20) as gateway:
        opened = Shop(database_url, clock, gateway)
        serving = threading.Thread(target=opened.server.serve_forever, args=(0.02,))
        serving.start()
        try:
            yield opened
            with opened.store.read() as session:
                assert doubts(session) == []
        finally:
            opened.server.shutdown()
            serving.join()
            opened.server.server_close()
            opened.store.close()


def failed(kit: Kit) -> list[str]:
    return [f"{r.check.id}: {r.what}" for r in kit.run_all() if r.outcome is Outcome.FAILED]


def a_subject() -> Subject:
    source = find_plugin(str(PLUGIN))
    return Subject(source, find_gateway(source))


def test_the_kit_is_green_on_the_plugin() -> None:
    assert failed(Kit(a_subject(), open_fake)) == []


@pytest.mark.long
def test_the_kit_is_green_on_the_plugin_on_the_panel() -> None:
    assert failed(Kit(a_subject(), installed_host(), has_database=True)) == []


def test_a_payer_goes_there_pays_and_comes_back_to_a_credited_payment(shop: Shop) -> None:
    payment_id, _number = shop.payment()
    visitor = Visitor(shop.app, shop.customer)
    page = f"/accounts/{shop.world.account_id}/payments/{payment_id}"
    visitor.post(f"{page}/pay", {"method_id": str(shop.method_id)})
    (ordered,) = shop.gateway.payments

    shown = requests.get(f"{shop.gateway.url}/pay/{ordered.id}", timeout=20)
    back = requests.post(shown.url, data={"do": "pay"}, timeout=20, allow_redirects=False)

    assert (ordered.order, ordered.amount) == (shop.order(), rub("5000.00"))
    assert shop.world.balance() == rub("5000.00")
    assert requests.get(back.headers["Location"], timeout=20, allow_redirects=False).status_code == 200


@pytest.mark.browser
def test_a_browser_follows_to_the_gateway_and_back(shop: Shop, browser_page: Page) -> None:
    payment_id, _number = shop.payment()
    payment_page = f"{shop.panel.config.base_url}/accounts/{shop.world.account_id}/payments/{payment_id}"
    browser_page.goto(payment_page)
    browser_page.locator("input[name=email]").fill("customer@example.com")
    browser_page.locator("input[name=password]").fill(PASSWORD)
    browser_page.keyboard.press("Enter")
    browser_page.get_by_role("button", name="sim_pay").click()

    browser_page.wait_for_url(f"{shop.gateway.url}/pay/*")
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("5\u00a0000,00\u00a0руб.")
    expect(browser_page.get_by_text(shop.order())).to_be_visible()
    browser_page.get_by_role("button", name="Оплатить").click()

    browser_page.wait_for_url(f"{payment_page}?returned=1")
    expect(browser_page.locator("[data-state=completed]")).to_be_visible()
    assert shop.world.balance() == rub("5000.00")


def test_a_start_whose_answer_was_cut_is_asked_about_until_the_gateway_knows(shop: Shop) -> None:
    order = shop.cut_off()
    shop.gateway.faults.unknown_statuses = 3
    states, pauses = [], []
    while (attempt := shop.attempts()[0]).state != "started":
        assert shop.ask() == 0
        states.append(attempt.state)
        pauses.append(attempt.query_at - shop.clock.now())
        shop.clock.set(attempt.query_at)
        assert shop.ask() == 1

    assert states == ["unknown"] * 4
    assert all(later > earlier for earlier, later in pairwise(pauses))
    assert attempt.state == "started"
    shop.gateway.pay(order)
    assert shop.world.balance() == rub("5000.00")


def test_a_gateway_that_never_says_is_asked_to_an_end_and_its_late_word_still_counts(shop: Shop) -> None:
    order = shop.cut_off()
    shop.gateway.faults.unknown_statuses = 1000
    while (due := shop.attempts()[0].query_at) is not None:
        shop.clock.set(due)
        shop.ask()
    asked = 1000 - shop.gateway.faults.unknown_statuses

    assert (asked, shop.attempts()[0].state) == (18, "abandoned")
    shop.clock.advance(days=1)
    assert shop.ask() == 0
    shop.gateway.pay(order)
    assert shop.world.balance() == rub("5000.00")


def test_a_gateway_that_fails_to_answer_is_asked_again(shop: Shop) -> None:
    shop.cut_off()
    shop.gateway.faults.errors = 1
    shop.clock.advance(minutes=3)
    shop.ask()

    assert (shop.attempts()[0].state, shop.attempts()[0].queries) == ("unknown", 1)
    shop.clock.advance(minutes=10)
    shop.ask()
    assert shop.attempts()[0].state == "started"


def test_a_paid_answer_and_its_notification_afterwards_credit_once(shop: Shop) -> None:
    order = shop.cut_off()
    shop.gateway.change_faults({"reorder": True})
    shop.gateway.pay(order)
    shop.clock.advance(minutes=3)

    assert shop.ask() == 1
    assert shop.world.balance() == rub("5000.00")
    shop.gateway.faults.reorder = False
    shop.gateway.notify_held()
    (sent,) = shop.gateway.notifications
    assert sent.state is Delivery.DELIVERED
    assert shop.world.balance() == rub("5000.00")
    assert [(message.reason, message.deliveries) for message in shop.messages()] == [("", 2)]


def test_answer_and_notifications_at_the_same_moment_credit_once(shop: Shop) -> None:
    rounds, askers = 5, 2
    for number in range(rounds):
        order = shop.cut_off()
        shop.gateway.change_faults({"reorder": True})
        shop.gateway.pay(order)
        shop.gateway.change_faults({"copies": 2, "parallel": True})
        shop.clock.advance(minutes=3)
        shop.gateway.faults.reorder = False
        together([shop.gateway.notify_held, *[shop.ask] * askers])

        assert shop.world.balance().minor == 500000 * (number + 1)
    assert {message.reason for message in shop.messages()} == {""}
    assert len(shop.messages()) == rounds
    assert {attempt.state for attempt in shop.attempts()} == {"paid"}


def together(calls: list[Callable[[], object]]) -> None:
    barrier = threading.Barrier(len(calls))
    faults: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:  # noqa: BLE001  told by the assertion
            faults.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_declined_payment_ends_the_attempt_and_the_next_start_is_a_fresh_one(shop: Shop) -> None:
    payment_id, _number = shop.payment()
    shop.gateway.faults.cut_starts = 1
    with pytest.raises(ProviderError):
        shop.start(payment_id)
    shop.gateway.decline(shop.order())
    shop.clock.advance(minutes=3)
    shop.ask()

    shop.start(payment_id)
    shop.gateway.pay(shop.order())

    assert [attempt.state for attempt in shop.attempts()] == ["failed", "paid"]
    assert shop.world.balance() == rub("5000.00")


def test_an_order_that_the_gateway_never_heard_of_fails(shop: Shop) -> None:
    payment_id, _number = shop.payment()
    shop.gateway.faults.errors = 1
    with pytest.raises(ProviderError):
        shop.start(payment_id)

    shop.clock.advance(minutes=3)
    shop.ask()

    assert shop.attempts()[0].state == "failed"


@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency", "wrong_shop"])
def test_what_does_not_fit_is_parked_and_received(shop: Shop, fault: str) -> None:
    payment_id, _number = shop.payment()
    shop.start(payment_id)
    shop.gateway.change_faults({fault: True})

    shop.gateway.pay(shop.order())

    assert [message.reason == "" for message in shop.messages()] == [False]
    assert shop.gateway.notifications[0].state is Delivery.DELIVERED
    assert shop.world.balance() == rub("0.00")


def test_a_wrong_signature_is_refused_to_the_end(shop: Shop) -> None:
    payment_id, _number = shop.payment()
    shop.start(payment_id)
    shop.gateway.change_faults({"wrong_signature": True})

    shop.gateway.pay(shop.order())

    assert {answer.status for answer in shop.gateway.notifications[0].answers} == {403}
    assert (shop.messages(), shop.world.balance()) == ([], rub("0.00"))


@pytest.mark.parametrize("name", ["slow_seconds", "late_seconds"])
def test_slow_and_late_are_only_slow_and_late(shop: Shop, name: str) -> None:
    shop.gateway.change_faults({name: 0.3})
    payment_id, _number = shop.payment()
    shop.start(payment_id)

    shop.gateway.pay(shop.order())

    assert shop.world.balance() == rub("5000.00")
