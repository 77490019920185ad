"""What managers read before a customer does: signs that papers lose, methods that are offered to nobody, to-dos."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from host_stub.adapters.keys import new_keys
from host_stub.config import Config
from host_stub.doctor import examine
from host_stub.persistence import Account, Payment, PaymentMethod, PluginActivation
from host_stub.plugin_doctor import Patient, methods
from host_stub.plugins.registry import Registry
from host_stub.web.stored_files import POLICY
from tests.staff.conftest import Staff
from tests.support.web import Visitor
from tests.support.world import says

SMILE = "\N{GRINNING FACE}"


def rename(staff: Staff, row: type, row_id: int, **values: object) -> None:
    with staff.store.write() as session:
        session.execute(update(row).where(row.id == row_id).values(**values))  # type: ignore[attr-defined]


def test_the_account_page_names_the_signs_that_a_bill_would_lose(staff: Staff, olga: Visitor) -> None:
    sound = olga.get(f"/reseller/accounts/{staff.account_id}").text
    rename(staff, Account, staff.account_id, name=f"ООО «Ромашка {SMILE}»")

    assert "этих знаков не будет" not in sound
    assert f"вместо них «?» или пусто: {SMILE}." in olga.get(f"/reseller/accounts/{staff.account_id}").text


def test_an_open_payment_names_the_signs_of_its_purpose(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment(purpose=f"За сервер {SMILE}")
    page = f"/reseller/payments/{payment_id}"

    told = olga.get(page).text
    rename(staff, Payment, payment_id, purpose="За сервер Łódź")

    assert f"вместо них «?» или пусто: {SMILE}." in told
    assert "этих знаков не будет" not in olga.get(page).text


def test_the_doctor_of_a_method_names_the_signs_of_its_requisites(staff: Staff, olga: Visitor) -> None:
    with staff.store.write() as session:
        says(session, staff.reseller_id, name=f"ООО «Пример» {SMILE}")

    page = olga.get(f"/reseller/methods/{staff.bank_id}").text
    registry = Registry.discover()
    registry.attach(staff.store)
    patient = Patient(Config(database_url="sqlite://", base_url="http://localhost"), staff.store, registry)
    told = {each.subject: each.facts for each in methods(patient, new_keys())}

    assert f"не могут показать эти знаки из поля «Наименование получателя»: {SMILE}" in page
    assert any(f"Documents cannot show these signs of “Payee's name”: {SMILE}." in facts for facts in told.values())


def test_the_doctor_names_customers_whose_names_a_bill_cannot_print(staff: Staff) -> None:
    config = Config(database_url=str(staff.store.engine.url), base_url="http://localhost", smtp_port=9)
    rename(staff, Account, staff.account_id, name=f"ООО «Ромашка {SMILE}»")

    told = {each.subject: each for each in examine(config, staff.store)}

    assert f"customers {staff.account_id} ({SMILE})" in told["names on bills"].facts


def test_what_nobody_checked_is_a_to_do_and_never_in_order(staff: Staff, olga: Visitor) -> None:
    secret = staff.app.extensions["billhook"].keys.encrypt("a-long-random-secret-of-the-site")
    rename(staff, PaymentMethod, staff.gateway_id, secrets={"secret": secret})

    page = olga.get(f"/reseller/methods/{staff.gateway_id}").text

    assert page.count('<li class="todo">') == 3
    assert page.count("Не проверено:") == 3
    assert '<li class="good">' not in page


def test_the_doctor_calls_unchecked_what_nobody_checked(staff: Staff) -> None:
    keys = staff.app.extensions["billhook"].keys
    secrets = {"secret": keys.encrypt("a-long-random-secret-of-the-site")}
    rename(staff, PaymentMethod, staff.gateway_id, secrets=secrets)
    registry = Registry.discover()
    registry.attach(staff.store)
    config = Config(database_url="sqlite://", base_url="http://localhost")

    told = {each.subject: each for each in methods(Patient(config, staff.store, registry), keys)}

    gateway = next(each for subject, each in told.items() if "PayMaster" in subject)
    assert gateway.healthy
    assert gateway.facts.count("not checked: Check in the cabinet") == 3


def switch_off(staff: Staff, plugin: str) -> None:
    with staff.store.write() as session:
        session.execute(update(PluginActivation).where(PluginActivation.plugin == plugin).values(enabled=False))


def test_a_method_whose_plugin_is_off_is_nowhere_called_switched_on(staff: Staff, olga: Visitor) -> None:
    page, home = f"/reseller/methods/{staff.bank_id}", "/reseller/"
    before = olga.get(page).text, olga.get(home).text

    switch_off(staff, "check_cash")

    head = olga.get(page).text.split("<main")[1].split("</header>")[0]
    assert "не предлагается" not in before[0]
    assert "а их модуль — нет" not in before[1]
    assert "не предлагается" in head
    assert "включен" not in head
    assert "а их модуль — нет" in olga.get(home).text


def test_a_method_whose_plugin_is_not_loaded_stands_on_the_start_page(any_staff: Staff) -> None:
    rename(any_staff, PaymentMethod, any_staff.gateway_id, plugin="vanished")

    assert "а их модуль — нет" in any_staff.visitor("olga").get("/reseller/").text


@pytest.mark.parametrize("address", ["/reseller/methods/{bank}/icon"])
def test_stored_pictures_have_the_one_policy(staff: Staff, olga: Visitor, address: str) -> None:
    from tests.staff.test_methods_room import picture

    rename(staff, PaymentMethod, staff.bank_id, icon=picture(), icon_type="image/png")

    assert olga.get(address.format(bank=staff.bank_id)).headers["Content-Security-Policy"] == POLICY
