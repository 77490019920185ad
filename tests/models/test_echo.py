"""A gateway that signs, and hears back the number of the payment that it told of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from host_stub import gateway_doctor
from host_stub.adapters.clock import FixedClock
from host_stub.domain.actors import Actor
from host_stub.domain.errors import OperatorsAlone
from host_stub.persistence import Account, Payment, PaymentMethod
from host_stub.services.money_in import decisions
from host_stub.services.money_in.decisions import Handled, Part
from tests.models import echo
from tests.models.shop import Shop
from tests.support.proving import doubts
from tests.support.world import MANAGER, World, rub

SECRET, LOGIN = "a-secret-for-tests-only", "hoster"


@pytest.fixture
def shop(database_url: str, clock: FixedClock):
    opened = Shop(database_url, clock, echo, {"login": LOGIN}, {"password": SECRET})
    yield opened
    with opened.store.read() as session:
        assert doubts(session) == []
    opened.store.close()


def told(number: int, total: str = "5000.00", act: str = "act-1", secret: str = SECRET) -> dict[str, str]:
    signature = echo.signed(secret, total, str(number), act)
    return {"InvId": str(number), "OutSum": total, "act": act, "Signature": signature}


def started(shop: Shop) -> int:
    payment_id = shop.world.a_payment()
    assert shop.press(payment_id).status_code == 303
    return payment_id


def test_a_paid_payment_is_credited_once_and_the_answer_names_it(shop: Shop) -> None:
    payment_id = started(shop)
    number = shop.tries(payment_id)[0].reference_number

    answers = [shop.tell("result", data=told(number)).data for _time in range(3)]

    assert answers == [f"OK{number}".encode()] * 3
    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")


def test_each_of_thirty_answers_at_once_names_its_own_payment(shop: Shop) -> None:
    numbers = [shop.tries(started(shop))[0].reference_number for _each in range(30)]
    gate = Barrier(len(numbers))

    def tell(number: int) -> bytes:
        client, message = shop.app.test_client(), told(number, act=f"act-{number}")
        gate.wait()
        while (heard := client.post(f"/plugin/echo/method/{shop.method_id}/result", data=message)).status_code == 503:
            pass  # the plugin's threads are busy: gateways repeat
        return bytes(heard.data)

    with ThreadPoolExecutor(len(numbers)) as pool:
        answers = list(pool.map(tell, numbers))

    assert answers == [f"OK{number}".encode() for number in numbers]
    assert shop.balance() == rub("150000.00")


def test_two_languages_a_new_secret_and_a_new_name_between_two_presses_are_one_request(shop: Shop) -> None:
    payment_id = shop.world.a_payment()
    first = shop.press(payment_id, "ru").location
    with shop.store.write() as session:
        session.execute(update(Account).values(name="ООО «Лютик»", email="new@example.com"))
        method = session.get_one(PaymentMethod, shop.method_id)
        fresh = {"value": shop.panel.keys.encrypt("another-secret-0123"), "replaced_at": None}
        method.secrets = {
            "password": [fresh, {**method.secrets["password"][0], "replaced_at": "2020-11-13T09:00:00+00:00"}]
        }

    second = shop.press(payment_id, "en").location

    assert first == second
    assert "Culture=ru" in second
    assert len(shop.tries(payment_id)) == 1
    number = shop.tries(payment_id)[0].reference_number
    assert shop.tell("result", data=told(number, secret="another-secret-0123")).data == f"OK{number}".encode()


def test_another_merchant_between_two_presses_begins_another_try_and_both_are_heard(shop: Shop) -> None:
    payment_id = started(shop)
    shop.change({"login": "hoster-2"})
    shop.press(payment_id)
    old, new = shop.tries(payment_id)

    assert (old.merchant, new.merchant) == ("hoster", "hoster-2")
    assert shop.tell("result", data=told(new.reference_number)).data == f"OK{new.reference_number}".encode()
    assert shop.balance() == rub("5000.00")


@pytest.mark.parametrize("end", ["expired", "started again", "abandoned"])
def test_money_on_a_try_that_is_over_is_credited(shop: Shop, end: str) -> None:
    payment_id = started(shop)
    number = shop.tries(payment_id)[0].reference_number
    if end == "expired":
        with shop.store.write() as session:
            session.execute(update(Payment).values(status="expired"))
    else:
        from host_stub.persistence import GatewayOperation

        state = {"started again": "superseded", "abandoned": "abandoned"}[end]
        with shop.store.write() as session:
            session.execute(update(GatewayOperation).values(state=state))

    assert shop.tell("result", data=told(number)).data == f"OK{number}".encode()
    assert (shop.balance(), shop.status(payment_id)) == (rub("5000.00"), "completed")


class Twins:
    """Two resellers with one shop, whose payments have equal numbers and sums; a third has only its name."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.one, self.other, self.third = shop.world, World(shop.store), World(shop.store)
        self.methods = {self.one: shop.method_id}
        for world, secret in ((self.other, SECRET), (self.third, "my-own-secret-0123")):
            self.methods[world] = shop.add_method(world.reseller_id, {"login": LOGIN}, {"password": secret})
        self.numbers = {world: self._started(world) for world in self.methods}

    def _started(self, world: World) -> int:
        payment_id = world.a_payment()
        customer = self.shop.visitor(world.account_id, f"c{world.reseller_id}@example.com")
        page = self.shop.page(payment_id, world.account_id)
        customer.post(f"{page}/pay", {"method_id": str(self.methods[world])})
        return self.shop.tries(payment_id)[0].reference_number

    def tell(self, about: World, at: World, secret: str = SECRET, act: str = "act-1") -> TestResponse:
        message = told(self.numbers[about], act=act, secret=secret)
        return self.shop.tell("result", self.methods[at], data=message)

    def balances(self) -> list[str]:
        return [self.shop.balance(world.account_id).plain() for world in (self.one, self.other, self.third)]


@pytest.mark.parametrize("addresses", [("one",), ("other",), ("one", "other"), ("other", "one", "one")])
def test_a_shop_that_two_resellers_share_credits_the_right_customer_once(
    shop: Shop, addresses: tuple[str, ...]
) -> None:
    twins = Twins(shop)

    answers = [twins.tell(twins.other, getattr(twins, name)) for name in addresses]

    assert [answer.status_code for answer in answers] == [200] * len(addresses)
    assert twins.balances() == ["0.00", "5000.00", "0.00"]
    assert shop.waiting() == []


def test_who_knows_a_merchant_s_name_alone_moves_nothing_and_blocks_nothing(shop: Shop) -> None:
    twins = Twins(shop)

    forged = [
        twins.tell(twins.other, at, secret="my-own-secret-0123", act="act-9")
        for at in (twins.third, twins.other, twins.one)
    ]
    own = twins.tell(twins.third, twins.third, secret="my-own-secret-0123", act="act-9")
    honest = twins.tell(twins.other, twins.one, act="act-9")

    assert [answer.status_code for answer in forged] == [403, 403, 403]
    assert (own.status_code, honest.status_code) == (200, 200)
    assert twins.balances() == ["0.00", "5000.00", "5000.00"]
    assert shop.waiting() == []


def test_what_names_another_reseller_s_payment_of_another_shop_is_credited_by_the_operator_alone(shop: Shop) -> None:
    twins = Twins(shop)
    own = shop.add_method(twins.one.reseller_id, {"login": "hoster-of-one"}, {"password": SECRET})
    answer = shop.tell("result", own, data=told(twins.numbers[twins.other]))
    (arrival,) = shop.waiting()
    part = Part(rub("5000.00"), account_id=twins.one.account_id)
    seen = Handled(arrival.id, arrival.decisions, "наш")

    assert (answer.status_code, arrival.waits, arrival.reseller_id) == (200, "others_payment", twins.one.reseller_id)
    with pytest.raises(OperatorsAlone):
        decisions.credit_parts(shop.store, twins.one.scope, seen, [part], by=MANAGER)
    decisions.credit_parts(shop.store, twins.one.scope, seen, [part], by=Actor("operator", "Оператор", 9))
    assert twins.balances() == ["5000.00", "0.00", "0.00"]


def test_the_doctor_names_shops_that_several_resellers_share_and_methods_of_which_nothing_is_heard(shop: Shop) -> None:
    Twins(shop)
    for _each in range(5):
        started(shop)

    assert [each.facts for each in gateway_doctor.shops(shop.store)] == [
        "shared by ООО «Хостинг», ООО «Хостинг», ООО «Хостинг»"
    ]
    (silent,) = gateway_doctor.silence(shop.store)
    assert silent.facts.startswith("warning: 6 payments begun within a week")
    shop.tell("result", data=told(shop.tries(1)[0].reference_number))
    assert list(gateway_doctor.silence(shop.store)) == []
