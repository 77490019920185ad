"""What PayMaster hears from the panel, over HTTP: the answers, and what they leave in the database."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from billhook import Level, PaymentProvider
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import (
    ArrivalMessage,
    CallbackRefusal,
    Payment,
    PaymentMethod,
    PluginActivation,
    PluginFailure,
    Reseller,
)
from host_stub.plugins.desk import return_token
from host_stub.plugins.errors import PluginUnavailable
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import payments
from host_stub.services.settings import plugin_settings
from host_stub.services.settings.plugin_settings import Owner
from tests.emulators.paymaster import Gateway
from tests.support.web import an_app, store_of
from tests.support.world import CUSTOMER, MANAGER, MERCHANT, World, rub

SECRET = "a-long-secret-for-signing"
SIGNED = (
    "LMI_MERCHANT_ID", "LMI_PAYMENT_NO", "LMI_SYS_PAYMENT_ID", "LMI_SYS_PAYMENT_DATE", "LMI_PAYMENT_AMOUNT",
    "LMI_CURRENCY", "LMI_PAID_AMOUNT", "LMI_PAID_CURRENCY", "LMI_PAYMENT_SYSTEM",
)  # fmt: skip


class Counter:
    """A payment started with PayMaster, and the gateway's way to the panel."""

    def __init__(self, app: Flask) -> None:
        self.app, self.store = app, store_of(app)
        self.client: FlaskClient = app.test_client()
        self.world = World(self.store)
        keys = app.extensions["billhook"].keys
        with self.store.write() as session:
            method = session.get_one(PaymentMethod, self.world.method_id)
            method.settings = {"merchant_id": MERCHANT}
            method.secrets = {"secret": [{"value": keys.encrypt(SECRET), "replaced_at": None}]}
        self.payment_id = self.world.a_payment()
        self.world.started(self.payment_id)
        self.gateway = Gateway(MERCHANT, SECRET)

    @property
    def number(self) -> str:
        with self.store.read() as session:
            return session.get_one(Payment, self.payment_id).number

    @property
    def reseller_name(self) -> str:
        with self.store.read() as session:
            return session.get_one(Reseller, self.world.reseller_id).name

    def fields(self, **changes: str) -> dict[str, str]:
        return {
            "LMI_MERCHANT_ID": MERCHANT,
            "LMI_PAYMENT_NO": self.world.reference(self.payment_id),
            "LMI_SYS_PAYMENT_ID": "43184405",
            "LMI_SYS_PAYMENT_DATE": "2020-11-13T12:00:00",
            "LMI_PAYMENT_AMOUNT": "5000.00",
            "LMI_CURRENCY": "RUB",
            "LMI_PAID_AMOUNT": "5000.00",
            "LMI_PAID_CURRENCY": "RUB",
            "LMI_PAYMENT_SYSTEM": "93",
            "LMI_PAYMENT_METHOD": "BankCard",
            **changes,
        }

    def notify(self, **changes: str) -> TestResponse:
        return self.send(self.gateway.signed(self.fields(**changes)))

    def send(self, fields: dict[str, str], action: str = "notify") -> TestResponse:
        address = f"/plugin/paymaster/method/{self.world.method_id}/{action}"
        return self.client.post(address, data=urlencode(fields), content_type="application/x-www-form-urlencoded")

    def count(self, kind: type) -> int:
        with self.store.read() as session:
            return int(session.scalar(select(func.count()).select_from(kind)) or 0)


@pytest.fixture
def counter(database_url: str, clock: FixedClock) -> Iterator[Counter]:
    opened = Counter(an_app(database_url, clock, registry=Registry.discover()))
    yield opened
    opened.store.close()


@pytest.fixture
def sqlite_counter(sqlite_url: str, clock: FixedClock) -> Iterator[Counter]:
    """For what is decided before a database is asked."""
    opened = Counter(an_app(sqlite_url, clock, registry=Registry.discover()))
    yield opened
    opened.store.close()


def test_a_notification_is_answered_200_and_credited(counter: Counter) -> None:
    answer = counter.notify()

    assert answer.status_code == 200
    assert counter.world.balance() == rub("5000.00")
    with counter.store.read() as session:
        message = session.scalars(select(ArrivalMessage)).one()
        assert (message.reason, message.body) == ("", urlencode(counter.gateway.signed(counter.fields())).encode())


def test_a_duplicate_gets_the_same_answer_byte_for_byte(counter: Counter) -> None:
    first, second = counter.notify(), counter.notify()

    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert counter.world.balance() == rub("5000.00")


def test_a_bad_signature_is_403_counted_and_its_body_is_not_kept(counter: Counter) -> None:
    answer = counter.send({**counter.fields(), "LMI_HASH": "x" * 44})

    assert answer.status_code == 403
    assert (counter.count(ArrivalMessage), counter.count(CallbackRefusal)) == (0, 1)


def test_a_message_that_is_larger_than_any_is_refused_though_it_is_signed(sqlite_counter: Counter) -> None:
    answer = sqlite_counter.notify(LMI_PAYMENT_DESC="x" * 64 * 1024)

    assert answer.status_code == 413
    assert (sqlite_counter.count(ArrivalMessage), sqlite_counter.world.balance()) == (0, rub("0.00"))


@pytest.mark.parametrize("field", SIGNED)
def test_a_changed_signed_field_is_never_credited(sqlite_counter: Counter, field: str) -> None:
    signed = sqlite_counter.gateway.signed(sqlite_counter.fields())
    values = [None, "", "0", " 5000.00", "5000.000", "5000,00", "５０００.00", "-5000.00", "a;b", signed[field] + " "]

    answers = set()
    for value in values:
        changed = {key: text for key, text in {**signed, field: value}.items() if text is not None}
        answers.add(sqlite_counter.send(changed).status_code)

    assert answers <= {400, 403}
    assert sqlite_counter.world.balance() == rub("0")


@pytest.mark.parametrize(
    "changes",
    [
        {"LMI_PAYMENT_AMOUNT": "4999.99"},
        {"LMI_PAYMENT_AMOUNT": "5000.01"},
        {"LMI_CURRENCY": "USD"},
        {"LMI_CURRENCY": "XXX"},
        {"LMI_MERCHANT_ID": "somebody-else"},
        {"LMI_PAYMENT_NO": "9999999"},
        {"LMI_SIM_MODE": "0"},
        {"LMI_PAYMENT_AMOUNT": "5000.001"},
    ],
)
def test_what_is_well_signed_and_does_not_fit_is_200_parked_and_posts_nothing(
    counter: Counter, changes: dict[str, str]
) -> None:
    answer = counter.notify(**changes)

    assert answer.status_code == 200
    assert counter.world.balance() == rub("0")
    with counter.store.read() as session:
        assert [message.reason == "" for message in session.scalars(select(ArrivalMessage))] == [False]


@pytest.mark.parametrize("currency", ["RUB", "643", "RUR"])
def test_the_rouble_has_three_names(counter: Counter, currency: str) -> None:
    assert counter.notify(LMI_CURRENCY=currency).status_code == 200
    assert counter.world.balance() == rub("5000.00")


def test_what_the_payer_paid_in_another_currency_changes_nothing(counter: Counter) -> None:
    counter.notify(LMI_PAID_AMOUNT="52.10", LMI_PAID_CURRENCY="USD")

    assert counter.world.balance() == rub("5000.00")


def test_a_pre_request_is_answered_exactly_yes_for_what_fits_and_otherwise_not(counter: Counter) -> None:
    question = {**counter.fields(), "LMI_PREREQUEST": "1"}
    for signed_later in ("LMI_SYS_PAYMENT_ID", "LMI_SYS_PAYMENT_DATE"):
        del question[signed_later]

    yes = counter.send(question, "confirm")
    no = counter.send({**question, "LMI_PAYMENT_AMOUNT": "1.00"}, "confirm")
    payments.cancel(counter.store, counter.world.scope, counter.payment_id, by=CUSTOMER)
    late = counter.send(question, "confirm")

    assert (yes.status_code, yes.data, yes.mimetype) == (200, b"YES", "text/plain")
    assert b"YES" not in no.data
    assert b"YES" not in late.data
    assert counter.count(ArrivalMessage) == 0


def test_a_rotated_secret_is_accepted_for_a_week_and_then_refused(counter: Counter) -> None:
    keys = counter.app.extensions["billhook"].keys
    with counter.store.write() as session:
        method = session.get_one(PaymentMethod, counter.world.method_id)
        method.secrets = {
            "secret": [
                {"value": keys.encrypt("a-new-secret-for-signing"), "replaced_at": None},
                {"value": keys.encrypt(SECRET), "replaced_at": counter.store.now().isoformat()},
            ]
        }

    assert counter.notify().status_code == 200
    counter.store.clock.advance(days=8)  # type: ignore[attr-defined]
    assert counter.notify(LMI_SYS_PAYMENT_ID="2").status_code == 403


def test_an_inherited_secret_and_shop_that_were_changed_meanwhile_still_credit_what_was_started(
    counter: Counter,
) -> None:
    """The attempt froze the shop; the former secret of the reseller counts for a week."""
    plugin = counter.app.extensions["billhook"].registry.plugins["paymaster"]
    owner = Owner("paymaster", counter.world.reseller_id)

    def set_for_all_methods(**values: object) -> None:
        keys, declared = counter.app.extensions["billhook"].keys, plugin.settings_at(Level.RESELLER)
        plugin_settings.save(counter.store, counter.world.scope, owner, declared, values, by=MANAGER, keys=keys)

    with counter.store.write() as session:
        method = session.get_one(PaymentMethod, counter.world.method_id)
        method.settings, method.secrets = {}, {}
    set_for_all_methods(merchant_id=MERCHANT, secret=SECRET)
    set_for_all_methods(merchant_id="another-shop", secret="a-new-secret-for-signing")

    assert counter.notify().status_code == 200
    assert counter.world.balance() == rub("5000.00")
    assert counter.notify(LMI_MERCHANT_ID="another-shop", LMI_SYS_PAYMENT_ID="2").status_code == 200
    assert counter.world.balance() == rub("5000.00"), "another shop than the attempt's is set aside"
    counter.store.clock.advance(days=8)  # type: ignore[attr-defined]
    assert counter.notify(LMI_SYS_PAYMENT_ID="3").status_code == 403


def test_money_for_a_plugin_that_was_turned_off_is_credited_all_the_same(counter: Counter) -> None:
    with counter.store.write() as session:
        session.get_one(PluginActivation, (counter.world.reseller_id, "paymaster")).enabled = False
        session.get_one(PaymentMethod, counter.world.method_id).active = False

    assert counter.notify().status_code == 200
    assert counter.world.balance() == rub("5000.00")


def test_a_database_that_is_down_is_answered_503_and_the_retry_credits(counter: Counter) -> None:
    moved = "alter table arrival rename to elsewhere"
    with counter.store.write() as session:
        session.execute(text(moved))
    down = counter.notify()
    with counter.store.write() as session:
        session.execute(text("alter table elsewhere rename to arrival"))

    retried = counter.notify()

    assert down.status_code == 503
    assert down.headers["Retry-After"]
    assert retried.status_code == 200
    assert counter.world.balance() == rub("5000.00")


@pytest.mark.parametrize("place", ["verify", "parse", "acknowledge"])
def test_a_plugin_that_raises_is_answered_503_recorded_and_credits_at_most_once(
    counter: Counter, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider: PaymentProvider = counter.app.extensions["billhook"].registry.provider("paymaster")

    def broken(*_arguments: object) -> None:
        raise RuntimeError("a fault in the plugin")

    with monkeypatch.context() as patched:
        patched.setattr(type(provider), place, broken)
        failed = counter.notify()
    retried = counter.notify()

    assert failed.status_code == 503
    assert counter.count(PluginFailure) == 1
    assert retried.status_code == 200
    assert counter.world.balance() == rub("5000.00")


def test_a_payer_who_returns_while_the_plugin_is_broken_is_led_on_all_the_same(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider: PaymentProvider = counter.app.extensions["billhook"].registry.provider("paymaster")

    def broken(*_arguments: object) -> None:
        raise RuntimeError("a fault in the plugin")

    monkeypatch.setattr(type(provider), "returned", broken)
    answer = counter.client.get(f"/plugin/paymaster/method/{counter.world.method_id}/success")

    assert answer.status_code == 503
    assert "Всё, что вы заплатили, будет зачислено" in answer.text
    assert 'http-equiv="refresh"' in answer.text


@pytest.mark.parametrize(("accept", "is_page"), [("text/html,*/*;q=0.8", True), ("*/*", False), (None, False)])
def test_where_nothing_can_be_asked_a_browser_gets_a_page_and_a_gateway_plain_words(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, accept: str | None, is_page: bool
) -> None:
    def gone(*_arguments: object) -> None:
        raise PluginUnavailable("paymaster", "it was removed")

    monkeypatch.setattr(counter.app.extensions["billhook"].registry, "provider", gone)
    headers = {"Accept": accept} if accept else {}
    answer = counter.client.get(f"/plugin/paymaster/method/{counter.world.method_id}/success", headers=headers)

    assert (answer.status_code, answer.mimetype) == (503, "text/html" if is_page else "text/plain")
    assert ("Ничего из оплаченного не потеряно" in answer.text) is is_page
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("action", "verb"), [(action, verb) for action in ("success", "failure") for verb in ("GET", "POST")]
)
def test_a_return_without_cookie_or_token_shows_a_page_and_credits_nothing(
    counter: Counter, action: str, verb: str
) -> None:
    address = f"/plugin/paymaster/method/{counter.world.method_id}/{action}"

    answer = counter.client.open(address, method=verb, data=counter.fields() if verb == "POST" else None)

    assert answer.status_code == 200
    assert counter.number not in answer.text
    assert counter.reseller_name in answer.text, "the payer came from this seller, whatever panel he uses"
    assert counter.world.balance() == rub("0")
    assert counter.count(ArrivalMessage) == 0


def test_who_comes_back_is_asked_to_wait_until_his_money_is_there(counter: Counter) -> None:
    with counter.store.read() as session:
        token = return_token(counter.app.extensions["billhook"].keys, session.get_one(Payment, counter.payment_id))
    address = f"/plugin/paymaster/method/{counter.world.method_id}/success?t={token}"

    assert "обычно в течение минуты" in counter.client.get(address).text
    counter.notify()
    done = counter.client.get(address).text
    assert "завершен" in done
    assert "обычно в течение минуты" not in done


def test_a_get_of_a_notification_address_does_nothing(counter: Counter) -> None:
    signed = counter.gateway.signed(counter.fields())

    answer = counter.client.get(f"/plugin/paymaster/method/{counter.world.method_id}/notify?" + urlencode(signed))

    assert answer.status_code == 405
    assert counter.world.balance() == rub("0")


def test_another_plugins_name_another_method_and_another_action_are_404(counter: Counter) -> None:
    method_id = counter.world.method_id
    for address in (
        f"/plugin/check_cash/method/{method_id}/notify",
        f"/plugin/paymaster/method/{counter.world.bank_id}/notify",
        f"/plugin/paymaster/method/{method_id}/other",
        "/plugin/paymaster/method/9999/notify",
    ):
        assert counter.client.post(address).status_code == 404


def test_a_field_given_twice_is_400(counter: Counter) -> None:
    signed = counter.gateway.signed(counter.fields())
    body = urlencode([*signed.items(), ("LMI_PAYMENT_AMOUNT", "5000.00")])

    answer = counter.client.post(
        f"/plugin/paymaster/method/{counter.world.method_id}/notify",
        data=body,
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 400
    assert counter.world.balance() == rub("0")
